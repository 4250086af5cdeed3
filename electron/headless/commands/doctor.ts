import { constants, existsSync } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { AppError } from "../../../shared/errors.ts";
import { type Message, message } from "../../../shared/messages/message.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../../shared/settings.ts";
import { systemClock } from "../../core/clock.ts";
import { createEngine } from "../../core/engine/create-engine.ts";
import { engineAddresses } from "../../core/engine/engine-address.ts";
import { createOllamaLauncher } from "../../core/engine/ollama-launcher.ts";
import { runCommand } from "../../core/memory/run-command.ts";
import { createSystemProbes } from "../../core/memory/system-probes.ts";
import type { Paths } from "../../core/ports.ts";
import { readApiFile } from "../../core/store/api-file.ts";
import { lockDataDir } from "../../core/store/data-dir-lock.ts";
import { rendererFolder } from "../places.ts";
import { readSettingsFile } from "../read-settings-file.ts";
import { silentLog } from "../silent-log.ts";
import { displayWidth } from "../table.ts";
import type { Terminal } from "../terminal.ts";

/** The part of a running Plimsoll's health that is read. */
const healthAnswer = z.object({ engine: z.object({ url: z.string() }) });

/** How a check ended: a `warning` is worth knowing and stops nothing. */
type Outcome = "good" | "warning" | "bad";

interface Check {
	readonly name: string;
	readonly outcome: Outcome;
	readonly title: Message;
	readonly finding: Message;
}

/** What is examined. */
export interface DoctorOptions {
	readonly paths: Paths;
	readonly engine: string | null;
	readonly port: number | null;
}

/** Oldest Node that Plimsoll runs on. */
const OLDEST_NODE = [20, 18] as const;

function problemOf(thrown: unknown): string {
	return thrown instanceof Error ? thrown.message : String(thrown);
}

function checkRuntime(): Check {
	const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
	const { electron, node: version } = process.versions;
	const { platform, arch } = process;
	const old = major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]);
	return {
		name: "runtime",
		outcome: old ? "bad" : "good",
		title: message("doctor.runtime"),
		finding: old
			? message("doctor.runtime-old", { version })
			: electron === undefined
				? message("doctor.runtime-good", { version, platform, arch })
				: message("doctor.runtime-electron", { electron, version, platform, arch }),
	};
}

async function checkDataDir({ dataDir: dir }: Paths): Promise<Check> {
	const title = message("doctor.data-dir");
	try {
		await mkdir(dir, { recursive: true, mode: 0o700 });
		await access(dir, constants.W_OK | constants.X_OK);
		return { name: "data-dir", outcome: "good", title, finding: message("doctor.data-dir-good", { dir }) };
	} catch (thrown) {
		const finding = message("doctor.data-dir-bad", { dir, problem: problemOf(thrown) });
		return { name: "data-dir", outcome: "bad", title, finding };
	}
}

async function checkLock(paths: Paths): Promise<Check> {
	const title = message("doctor.lock");
	try {
		(await lockDataDir(paths)).release();
		return { name: "lock", outcome: "good", title, finding: message("doctor.lock-free") };
	} catch (thrown) {
		const { code, params } = AppError.wrap(thrown);
		return code === "data-dir-locked"
			? {
					name: "lock",
					outcome: "good",
					title,
					finding: message("doctor.lock-held", { pid: params.pid ?? "?" }),
				}
			: {
					name: "lock",
					outcome: "bad",
					title,
					finding: message("doctor.data-dir-bad", { dir: paths.dataDir, problem: problemOf(thrown) }),
				};
	}
}

/** Address of the engine that the Plimsoll of this data directory uses, or null where none runs. */
async function engineOfRunning(paths: Paths): Promise<string | null> {
	const running = await readApiFile(paths);
	if (running === null) return null;
	try {
		const answer = await fetch(`${running.url}/health`, { signal: AbortSignal.timeout(2_000) });
		return healthAnswer.parse(await answer.json()).engine.url;
	} catch {
		return null;
	}
}

async function checkEngine(options: DoctorOptions, settings: Settings, terminal: Terminal): Promise<Check> {
	const title = message("doctor.engine");
	const used = options.engine === null ? await engineOfRunning(options.paths) : null;
	const addresses =
		used === null
			? await engineAddresses({
					flag: options.engine,
					setting: settings.engine.url,
					environment: process.env,
					platform: process.platform,
					run: async (file, args) => (await runCommand(file, args, { timeoutMs: 2_000 })).stdout,
				})
			: [{ url: used, source: "Plimsoll" }];
	let finding = message("doctor.engine-away", { url: "?", source: "?", problem: "no address" });
	for (const { url, source } of addresses) {
		const engine = createEngine({ url, engineId: "doctor", clock: systemClock, log: silentLog });
		try {
			const { kind, version, plimsollInstance } = await engine.identify();
			if (plimsollInstance !== null) throw AppError.of("engine-is-plimsoll", { url });
			const id = kind === "demo" ? "doctor.engine-demo" : "doctor.engine-good";
			return { name: "engine", outcome: "good", title, finding: message(id, { version, url, source }) };
		} catch (thrown) {
			const problem = terminal.renderer.render(AppError.wrap(thrown).said);
			finding = message("doctor.engine-away", { url, source, problem });
			// Only an address that is Plimsoll itself is passed over.
			if (AppError.wrap(thrown).code !== "engine-is-plimsoll") break;
		} finally {
			await engine.close();
		}
	}
	return { name: "engine", outcome: "warning", title, finding };
}

async function checkInstalled(): Promise<Check> {
	const found = await createOllamaLauncher({
		platform: process.platform,
		home: homedir(),
		environment: process.env,
		clock: systemClock,
	}).find();
	return {
		name: "installed",
		outcome: found === null ? "warning" : "good",
		title: message("doctor.installed"),
		finding:
			found === null
				? message("doctor.installed-none")
				: message("doctor.installed-good", { path: found.path }),
	};
}

async function checkProbes(): Promise<readonly Check[]> {
	const probes = createSystemProbes({ platform: process.platform, clock: systemClock, log: silentLog });
	const memory = await probes.memory.sample().then(
		({ availableBytes, totalBytes }): Check => ({
			name: "memory",
			outcome: "good",
			title: message("doctor.memory"),
			finding: message("doctor.memory-good", { availableBytes, totalBytes, source: probes.memory.source }),
		}),
		(thrown: unknown): Check => ({
			name: "memory",
			outcome: "bad",
			title: message("doctor.memory"),
			finding: message("doctor.memory-bad", { problem: problemOf(thrown) }),
		}),
	);
	const processes = await probes.processes.list().then(
		(list): Check => ({
			name: "processes",
			outcome: "good",
			title: message("doctor.processes"),
			finding: message("doctor.processes-good", { count: list.length }),
		}),
		(thrown: unknown): Check => ({
			name: "processes",
			outcome: "bad",
			title: message("doctor.processes"),
			finding: message("doctor.processes-bad", { problem: problemOf(thrown) }),
		}),
	);
	return [memory, processes];
}

function isFree(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const server = createServer();
		server.once("error", () => resolve(false));
		server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
	});
}

async function checkPort(options: DoctorOptions, settings: Settings): Promise<Check> {
	const title = message("doctor.port");
	const port = options.port ?? settings.gateway.port;
	const running = await readApiFile(options.paths);
	if (running !== null)
		return {
			name: "port",
			outcome: "good",
			title,
			finding: message("doctor.port-own", { port: running.port }),
		};
	const free = port === 0 || (await isFree(port));
	return {
		name: "port",
		outcome: free ? "good" : "warning",
		title,
		finding: free ? message("doctor.port-free", { port }) : message("doctor.port-taken", { port }),
	};
}

function checkPopover(): Check {
	const built = existsSync(join(rendererFolder, "index.html"));
	return {
		name: "popover",
		outcome: built ? "good" : "warning",
		title: message("doctor.popover"),
		finding: built ? message("doctor.popover-built") : message("doctor.popover-missing"),
	};
}

const MARKS: Readonly<Record<Outcome, string>> = { good: "✓", warning: "!", bad: "✗" };

/**
 * Examines this machine and says what it found. Returns 1 where something would keep Plimsoll from working; an engine
 * that is away does not, since it may come later.
 */
export async function runDoctor(terminal: Terminal, options: DoctorOptions, json: boolean): Promise<number> {
	const settings = (await readSettingsFile(options.paths)) ?? DEFAULT_SETTINGS;
	const checks: readonly Check[] = [
		checkRuntime(),
		await checkDataDir(options.paths),
		await checkLock(options.paths),
		await checkEngine(options, settings, terminal),
		await checkInstalled(),
		...(await checkProbes()),
		await checkPort(options, settings),
		checkPopover(),
	];
	const failed = checks.some(({ outcome }) => outcome === "bad");
	const { renderer } = terminal;
	if (json) {
		const rows = checks.map(({ name, outcome, finding }) => ({
			name,
			outcome,
			text: renderer.render(finding),
			figures: finding.params,
		}));
		terminal.print(JSON.stringify({ ok: !failed, checks: rows }, null, 2));
	} else {
		const titles = checks.map(({ title }) => renderer.render(title));
		const width = Math.max(...titles.map(displayWidth));
		checks.forEach(({ outcome, finding }, index) => {
			const title = titles[index] ?? "";
			const blanks = " ".repeat(width - displayWidth(title));
			terminal.print(`${MARKS[outcome]} ${title}${blanks}  ${renderer.render(finding)}`);
		});
	}
	return failed ? 1 : 0;
}
