import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../clock.ts";
import { createOllamaLauncher, type LauncherOptions } from "./ollama-launcher.ts";

const run = promisify(execFile);

let home: string;
const started: number[] = [];

beforeEach(async () => {
	home = await mkdtemp(join(tmpdir(), "plimsoll-launcher-"));
});

afterEach(async () => {
	for (const pid of started.splice(0)) process.kill(pid, "SIGKILL");
	await rm(home, { recursive: true, force: true });
});

function launcher(options: Partial<LauncherOptions> = {}) {
	return createOllamaLauncher({
		platform: "linux",
		home,
		environment: { PATH: "" },
		clock: systemClock,
		binaryFolders: [],
		applicationFolders: [],
		...options,
	});
}

/** An `ollama` that writes down how it was started and stays. */
async function fakeOllama(folder: string, script = "exec sleep 600"): Promise<string> {
	await mkdir(folder, { recursive: true });
	const path = join(folder, "ollama");
	await writeFile(path, `#!/bin/sh\necho "$$ $@" > "${home}/started"\n${script}\n`);
	await chmod(path, 0o755);
	return path;
}

async function startedLine(): Promise<string> {
	return vi.waitFor(async () => {
		const line = (await readFile(join(home, "started"), "utf8")).trim();
		expect(line).not.toBe("");
		return line;
	});
}

describe("an installed Ollama", () => {
	it("is found nowhere where there is none", async () => {
		expect(await launcher().find()).toBeNull();
		await expect(launcher().start()).rejects.toMatchObject({ code: "engine-not-installed" });
	});

	it("is found on PATH, in the usual folders before that, and only where it can be run", async () => {
		const onPath = await fakeOllama(join(home, "path"));
		const usual = join(home, "usual");
		const options = { environment: { PATH: `relative:${join(home, "path")}` }, binaryFolders: [usual] };
		expect(await launcher(options).find()).toEqual({ kind: "binary", path: onPath });
		const preferred = await fakeOllama(usual);
		expect(await launcher(options).find()).toEqual({ kind: "binary", path: preferred });
		await chmod(preferred, 0o644);
		await mkdir(join(home, "other", "ollama"), { recursive: true });
		expect(await launcher(options).find()).toEqual({ kind: "binary", path: onPath });
		expect(await launcher({ binaryFolders: [join(home, "other")] }).find()).toBeNull();
	});

	it("is started detached with `serve`, in a process group of its own", async () => {
		await fakeOllama(join(home, "bin"));
		await launcher({ binaryFolders: [join(home, "bin")], environment: { PATH: process.env.PATH } }).start();
		const [pid, ...args] = (await startedLine()).split(" ");
		started.push(Number(pid));
		expect(args).toEqual(["serve"]);
		const { stdout } = await run("ps", ["-o", "pgid=", "-p", String(pid)]);
		expect(stdout.trim()).toBe(pid);
	});

	it("that ends at once or cannot be run is an error that names it", async () => {
		const path = await fakeOllama(join(home, "bin"), "exit 3");
		const there = { binaryFolders: [join(home, "bin")], environment: { PATH: process.env.PATH } };
		await expect(launcher(there).start()).rejects.toMatchObject({
			code: "engine-error",
			params: { text: `${path}: exit 3` },
		});
		await writeFile(path, "#!/no/such/interpreter\n");
		await expect(launcher(there).start()).rejects.toMatchObject({ code: "engine-error" });
	});
});

describe("Ollama.app on macOS", () => {
	it("is preferred to a binary and opened without coming to the front", async () => {
		const applications = join(home, "Applications");
		const app = join(applications, "Ollama.app");
		await mkdir(app, { recursive: true });
		await fakeOllama(join(home, "bin"));
		const open = join(home, "open");
		await writeFile(open, `#!/bin/sh\necho "$@" > "${home}/opened"\n`);
		await chmod(open, 0o755);
		const mac = launcher({
			platform: "darwin",
			applicationFolders: [join(home, "nothing"), applications],
			binaryFolders: [join(home, "bin")],
			openProgram: open,
		});
		expect(await mac.find()).toEqual({ kind: "app", path: app });
		await mac.start();
		expect((await readFile(join(home, "opened"), "utf8")).trim()).toBe(`-g -a ${app}`);
	});

	it("that cannot be opened is an error", async () => {
		const app = join(home, "Ollama.app");
		await mkdir(app, { recursive: true });
		const mac = launcher({ platform: "darwin", applicationFolders: [home], openProgram: "/bin/false" });
		await expect(mac.start()).rejects.toMatchObject({ params: { text: `${app}: exit 1` } });
	});

	it("that cannot be opened gives way to the binary inside it", async () => {
		await fakeOllama(join(home, "Ollama.app/Contents/Resources"));
		await launcher({
			platform: "darwin",
			applicationFolders: [home],
			openProgram: "/bin/false",
			environment: { PATH: process.env.PATH },
		}).start();
		const [pid, ...args] = (await startedLine()).split(" ");
		started.push(Number(pid));
		expect(args).toEqual(["serve"]);
	});

	it("is looked for on macOS only", async () => {
		await mkdir(join(home, "Ollama.app"), { recursive: true });
		expect(await launcher({ applicationFolders: [home] }).find()).toBeNull();
	});
});
