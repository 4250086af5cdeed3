import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { buildNode, root } from "../../build/scripts/build.mjs";

/**
 * Runs the validation of the original plan against a running Plimsoll: consolidation phases 1 to 3 and the prompts of
 * phases 4A and 4B. `--url` names it, and `--data-dir` its folder; without them one is started in front of the demo engine
 * on a machine of 18 GB. Prints one report; ends with 0 only where everything passed.
 */
const { values: flags } = parseArgs({ options: { url: { type: "string" }, "data-dir": { type: "string" } } });

const CLI = join(root, "out/headless/cli.js");

/** Limits of the original plan. */
const LEAST_RAM_GB = 16;
const LEAST_MODELS = 8;
const LEAST_MEMBERS = 8;
const MOST_PRESSURE_PERCENT = 90;
const FIRST_ANSWER_WITHIN_MS = 30_000;
const SIMPLE_ANSWER_WITHIN_MS = 20_000;
const ANSWER_WITHIN_MS = 120_000;

/** @typedef {{ readonly case: string, readonly prompt: string, readonly member: string }} Case */

/** @type {{ phase4a: readonly Case[], phase4b: readonly Case[], original_domains: readonly { prompt: string, original_domain: string }[] }} */
const phase4 = JSON.parse(readFileSync(join(root, "e2e/fixtures/routing/phase4.json"), "utf8"));

let passed = 0;
let failed = 0;

/**
 * One line of the report; what it throws is what is wrong.
 * @param {string} what
 * @param {() => Promise<string>} check
 */
async function line(what, check) {
	try {
		const detail = await check();
		passed += 1;
		console.log(`  ok      ${what}${detail === "" ? "" : `: ${detail}`}`);
	} catch (thrown) {
		failed += 1;
		console.log(`  FAILED  ${what}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
	}
}

/** @param {boolean} good @param {string} detail */
function must(good, detail) {
	if (!good) throw new Error(detail);
	return detail;
}

/** @type {(() => Promise<void>)[]} */
const endings = [];

/**
 * A part of Plimsoll in a process of its own; resolves with the address it prints.
 * @param {readonly string[]} args @param {RegExp} says
 * @returns {Promise<string>}
 */
function startPart(args, says) {
	const child = spawn(process.execPath, [CLI, ...args], { stdio: ["ignore", "pipe", "pipe"] });
	const ended = new Promise((resolve) => child.once("close", resolve));
	endings.unshift(async () => {
		child.kill("SIGTERM");
		await ended;
	});
	return new Promise((resolve, reject) => {
		let printed = "";
		const read = (/** @type {Buffer} */ part) => {
			printed += part.toString();
			const url = says.exec(printed)?.[1];
			if (url !== undefined) resolve(url);
		};
		child.stdout.on("data", read);
		child.stderr.on("data", read);
		child.once("close", (code) => reject(new Error(`${args[0]} ended with ${code}: ${printed}`)));
	});
}

/** @returns {Promise<{ url: string, dataDir: string | null }>} */
async function startOwn() {
	const dataDir = mkdtempSync(join(tmpdir(), "plimsoll-validate-"));
	endings.push(async () => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 }));
	const engine = await startPart(
		"demo-engine --port 0 --runners simulated --machine-gb 18 --load-gb-per-second 20 --tokens-per-second 200".split(
			" ",
		),
		/demo engine is listening on (http:\S+)/,
	);
	const serve = ["serve", "--port", "0", "--no-open", "--data-dir", dataDir, "--engine", engine];
	const url = await startPart(serve, /^Plimsoll is listening on (http:\S+)$/m);
	return { url, dataDir };
}

/**
 * @param {string} url @param {{ body?: unknown, withinMs?: number, method?: string }} [options]
 * @returns {Promise<any>} The answer's JSON. Rejects where its status is no success.
 */
async function ask(url, { body, withinMs = ANSWER_WITHIN_MS, method } = {}) {
	const response = await fetch(url, {
		method: method ?? (body === undefined ? "GET" : "POST"),
		signal: AbortSignal.timeout(withinMs),
		...(body === undefined
			? {}
			: { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
	});
	const answer = await response.json();
	if (!response.ok && response.status !== 202) throw new Error(`HTTP ${response.status}: ${answer.error}`);
	return answer;
}

/** Waits until the engine's models are known. @param {string} url */
async function untilReady(url) {
	for (let tries = 0; tries < 100; tries += 1) {
		const { status } = await ask(`${url}/health`);
		const { models } = await ask(`${url}/`);
		if (status === "healthy" && models > 0) return;
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}

/** @param {string | null} dataDir */
async function mcpTools(dataDir) {
	const client = new Client({ name: "validate", version: "1.0.0" });
	const folder = dataDir === null ? [] : ["--data-dir", dataDir];
	await client.connect(
		new StdioClientTransport({ command: process.execPath, args: [CLI, "mcp", ...folder] }),
	);
	const { tools } = await client.listTools();
	await client.close();
	return tools.map(({ name }) => name);
}

/** @param {string} url @param {string | null} dataDir */
async function consolidation(url, dataDir) {
	console.log("\nPhase 1: the environment");
	await line("the engine answers", async () => {
		const { status, engine } = await ask(`${url}/health`);
		return must(status === "healthy", `${engine.kind} ${engine.version ?? ""}, ${status}`);
	});
	await line(`at least ${LEAST_RAM_GB} GB of memory`, async () => {
		const { system } = await ask(`${url}/api/memory/status`);
		return must(system.total_gb >= LEAST_RAM_GB, `${system.total_gb} GB`);
	});
	await line(`at least ${LEAST_MODELS} models`, async () => {
		const { models } = await ask(`${url}/api/tags`);
		return must(models.length >= LEAST_MODELS, `${models.length} installed`);
	});

	console.log("\nPhase 2: memory and a first answer");
	await line(`memory is available, pressure under ${MOST_PRESSURE_PERCENT} %`, async () => {
		const { system } = await ask(`${url}/api/team/status`);
		const { available_memory_gb: available, memory_pressure: pressure } = system;
		return must(available > 0 && pressure < MOST_PRESSURE_PERCENT, `${available} GB, ${pressure} %`);
	});
	await line(`“Hello, quick test” within ${FIRST_ANSWER_WITHIN_MS / 1000} s`, async () => {
		const body = { prompt: "Hello, quick test" };
		const { response, metadata } = await ask(`${url}/api/chat`, { body, withinMs: FIRST_ANSWER_WITHIN_MS });
		return must(response.length > 0, `${metadata.member}, ${metadata.elapsed_time} s`);
	});

	console.log("\nPhase 3: team and MCP");
	await line(`at least ${LEAST_MEMBERS} members`, async () => {
		const count = Object.keys(await ask(`${url}/api/team/members`)).length;
		return must(count >= LEAST_MEMBERS, String(count));
	});
	await line("an MCP client finds the tools", async () => {
		const names = await mcpTools(dataDir);
		return must(names.includes("smart_route") && names.includes("system_status"), `${names.length} tools`);
	});
	await line(`“2+2” within ${SIMPLE_ANSWER_WITHIN_MS / 1000} s, with member and time`, async () => {
		const body = { prompt: "Simple addition: 2+2=?" };
		const { metadata } = await ask(`${url}/api/chat`, { body, withinMs: SIMPLE_ANSWER_WITHIN_MS });
		const told = typeof metadata.member === "string" && typeof metadata.elapsed_time === "number";
		return must(told, `${metadata.member}, ${metadata.elapsed_time} s`);
	});
}

/**
 * Routing as if all eleven were installed and nothing loaded; then, where they really are the team, a real answer of that
 * member with nothing else loaded.
 * @param {string} url @param {string} title @param {readonly Case[]} cases @param {boolean} live
 */
async function phase(url, title, cases, live) {
	console.log(`\n${title}`);
	for (const { case: name, prompt, member } of cases) {
		await line(`${name} is routed to ${member}`, async () => {
			const body = { prompt, team: "original", assume_installed: true };
			const decision = await ask(`${url}/api/route`, { body });
			return must(decision.member === member, `${decision.member}, ${decision.took_ms} ms`);
		});
		if (!live) continue;
		await line(`${name} is answered by ${member}`, async () => {
			await ask(`${url}/api/memory/flush`, { method: "POST" });
			const { response, metadata } = await ask(`${url}/api/chat`, { body: { prompt } });
			const good = metadata.member_id === member && response.length > 0;
			return must(good, `${metadata.member_id}, ${metadata.elapsed_time} s`);
		});
	}
}

/** @param {string} url */
async function domains(url) {
	console.log("\nPhase 4B: domains");
	for (const { prompt, original_domain: wanted } of phase4.original_domains)
		await line(`“${prompt}” is ${wanted}`, async () => {
			const body = { prompt, team: "original", assume_installed: true };
			const { requirements } = await ask(`${url}/api/route`, { body });
			return must(requirements.domain === wanted, requirements.domain);
		});
}

try {
	await buildNode({ quiet: true });
	const { url, dataDir } =
		flags.url === undefined ? await startOwn() : { url: flags.url, dataDir: flags["data-dir"] ?? null };
	console.log(`Validating ${url}`);
	await untilReady(url);
	await consolidation(url, dataDir);
	const { source, missing } = await ask(`${url}/api/team/status`);
	const live = source === "original" && missing.length === 0;
	if (!live)
		console.log("\nThe original eleven are not the team here: their prompts are routed and not answered.");
	await phase(url, "Phase 4A: routing", phase4.phase4a, live);
	await phase(url, "Phase 4B: routing", phase4.phase4b, live);
	await domains(url);
} catch (thrown) {
	failed += 1;
	console.log(`\nbroke off: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
} finally {
	for (const end of endings) await end();
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
