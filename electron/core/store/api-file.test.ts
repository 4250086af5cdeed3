import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readApiFile, removeApiFile, writeApiFile } from "./api-file.ts";
import { createSecrets } from "./secrets.ts";

let dir = "";
let apiFile = "";

beforeEach(async () => {
	dir = await mkdtemp(join(tmpdir(), "plimsoll-api-"));
	apiFile = join(dir, "deep", "api.json");
});

afterEach(() => rm(dir, { recursive: true, force: true }));

function info(pid: number) {
	return { port: 11435, pid, startedAt: 1_700_000_000_000, version: "0.1.0", url: "http://127.0.0.1:11435" };
}

test("what a running Plimsoll wrote is read back, private to the person, and gone once removed", async () => {
	await writeApiFile({ apiFile }, info(process.pid));
	expect(await readApiFile({ apiFile })).toEqual(info(process.pid));
	expect((await stat(apiFile)).mode & 0o777).toBe(0o600);
	expect(JSON.parse(await readFile(apiFile, "utf8"))).toMatchObject(info(process.pid));
	removeApiFile({ apiFile });
	removeApiFile({ apiFile });
	expect(await readApiFile({ apiFile })).toBeNull();
});

test("the file of a killed process, and of one whose pid came again, means that none is running", async () => {
	const child = spawn(process.execPath, ["-e", "process.stdin.resume()"], {
		stdio: ["pipe", "ignore", "ignore"],
	});
	const pid = child.pid ?? 0;
	await writeApiFile({ apiFile }, info(pid));
	expect(await readApiFile({ apiFile })).toEqual(info(pid));
	expect(await readApiFile({ apiFile }, async () => "started later")).toBeNull();
	const gone = once(child, "exit");
	child.kill("SIGKILL");
	await gone;
	expect(await readApiFile({ apiFile })).toBeNull();
});

test.each(["", "{", "[]", '{"port": 1}'])("a file that holds %j means that none is running", async (text) => {
	apiFile = join(dir, "api.json");
	await writeFile(apiFile, text);
	expect(await readApiFile({ apiFile })).toBeNull();
});

test("the token is 32 random bytes, private to the person, the same for ever and for calls at once", async () => {
	const [one, two] = await Promise.all([1, 2].map(() => createSecrets({ dataDir: dir }).gatewayToken()));
	const secrets = createSecrets({ dataDir: dir });
	const [a, b] = await Promise.all([secrets.gatewayToken(), secrets.gatewayToken()]);
	expect(a).toBe(b);
	expect([one, two]).toContain(a);
	expect(Buffer.from(String(a), "base64url")).toHaveLength(32);
	expect(await createSecrets({ dataDir: dir }).gatewayToken()).toBe(a);
	expect((await stat(join(dir, "gateway-token"))).mode & 0o777).toBe(0o600);
	expect(await createSecrets({ dataDir: join(dir, "other") }).gatewayToken()).not.toBe(a);
});

test("a token file that holds no token is replaced", async () => {
	await writeFile(join(dir, "gateway-token"), "short\n");
	const token = await createSecrets({ dataDir: dir }).gatewayToken();
	expect(token).toHaveLength(43);
	expect(await createSecrets({ dataDir: dir }).gatewayToken()).toBe(token);
});
