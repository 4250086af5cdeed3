import { expect, it } from "vitest";
import type { ProcessInfo } from "../ports.ts";
import { parsePsTable } from "./ps-output.ts";
import { matchRunners, type RunnerRow } from "./runner-matcher.ts";
import { fixture } from "./testing/fixture.ts";

const A = "a1".repeat(32);
const B = "b2".repeat(32);
const C = "c3".repeat(32);

function row(key: string, weightsBlob: string | null, more: Partial<RunnerRow> = {}): RunnerRow {
	return { key, name: key, digest: "d", weightsBlob, runner: null, ...more };
}

function processes(file: string): readonly ProcessInfo[] {
	return parsePsTable(fixture(`macos/${file}`)).map((each) => ({ ...each, startedAt: each.pid * 1000 }));
}

function made(pid: number, parentPid: number, commandLine: string): ProcessInfo {
	return { pid, parentPid, startedAt: pid, cpuTimeMs: 0, commandLine };
}

function llama(blob: string): string {
	return `/usr/local/bin/llama-server --model /m/blobs/sha256-${blob} --port 1`;
}

function match(
	rows: readonly RunnerRow[],
	table: readonly ProcessInfo[],
	engineProcessHint: number | null = null,
) {
	const view = matchRunners({ at: 9, rows, processes: table, engineProcessHint });
	return {
		view,
		runners: Object.fromEntries([...view.runners].map(([key, { process }]) => [key, process.pid])),
		unmatched: Object.fromEntries(view.unmatched.map(({ process, kind }) => [process.pid, kind])),
	};
}

it("finds llama-server runners by blob, prefers the engine's child to an orphan, and names the rest", () => {
	const { runners, unmatched, view } = match([row("a", A)], processes("ps-llama-server.txt"));
	expect(runners).toEqual({ a: 4711 });
	expect(unmatched).toEqual({ 4712: "loading", 2222: "orphan", 5101: "other", 5200: "other", 5190: "other" });
	expect(view.engineSeen).toBe(true);
	expect(view.unmatched.find(({ process }) => process.pid === 4712)?.weightsBlob).toBe(B);
	expect(view.unmatched.find(({ process }) => process.pid === 5101)?.modelName).toBe("tiny-q4.gguf");
});

it("finds both kinds of runner of the older Ollama", () => {
	const { runners, unmatched } = match([row("a", A), row("b", B)], processes("ps-runner-0.24.txt"));
	expect(runners).toEqual({ a: 901, b: 902 });
	expect(unmatched).toEqual({});
});

it("finds MLX runners by name, with the older and the newer command line", () => {
	const rows = [
		row("gemma-mlx", null, { name: "gemma4:12b", runner: "mlx" }),
		row("gemma-gguf", "d4".repeat(32), { name: "gemma4:12b", runner: "llamacpp" }),
		row("qwen", null, { name: "qwen3.5:4b-nvfp4" }),
	];
	const { runners, unmatched } = match(rows, processes("ps-mlx.txt"));
	expect(runners).toEqual({ "gemma-mlx": 7001, "gemma-gguf": 7003, qwen: 7002 });
	expect(unmatched).toEqual({ 7004: "orphan" });
});

it("does not take an MLX runner for the GGUF model of the same name", () => {
	const rows = [
		row("gguf", null, { name: "gemma4:12b", runner: "llamacpp" }),
		row("named-no-kind", "e5".repeat(32), { name: "qwen3.5:4b-nvfp4" }),
	];
	expect(match(rows, processes("ps-mlx.txt")).runners).toEqual({});
});

it("gives two tags on one blob the same runner", () => {
	const { runners } = match([row("one", A), row("two", A)], processes("ps-runner-0.24.txt"));
	expect(runners).toEqual({ one: 901, two: 901 });
});

it("does not take an orphan for the runner of a listed model: that one is dead", () => {
	const table = processes("ps-llama-server.txt").filter(({ pid }) => pid !== 4711);
	const { runners, unmatched } = match([row("a", A)], table);
	expect(runners).toEqual({});
	expect(unmatched[2222]).toBe("orphan");
});

it("takes the youngest of two children on one blob", () => {
	const command = `/usr/local/bin/llama-server --model /m/blobs/sha256-${A} --port 1`;
	const table = [made(10, 1, "/usr/local/bin/ollama serve"), made(11, 10, command), made(12, 10, command)];
	const { runners, unmatched } = match([row("a", A)], table);
	expect(runners).toEqual({ a: 12 });
	expect(unmatched).toEqual({ 11: "loading" });
});

it("tells a runner of another engine from its own where its own process is known", () => {
	const command = `/usr/local/bin/llama-server --model /m/blobs/sha256-${A} --port 1`;
	const table = [
		made(10, 1, "/usr/local/bin/ollama serve"),
		made(20, 1, "/opt/homebrew/bin/ollama serve"),
		made(11, 10, command),
		made(21, 20, command),
	];
	const { runners, unmatched } = match([row("a", A)], table, 10);
	expect(runners).toEqual({ a: 11 });
	expect(unmatched).toEqual({ 21: "other" });
});

it("knows an engine inside another program by the row it holds", () => {
	const table = [
		made(10, 5, "node app.js"),
		made(11, 10, llama(A)),
		made(12, 10, llama(B)),
		made(13, 1, llama(C)),
	];
	const { runners, unmatched, view } = match([row("a", A)], table);
	expect(runners).toEqual({ a: 11 });
	expect(unmatched).toEqual({ 12: "loading", 13: "orphan" });
	expect(view.engineSeen).toBe(true);
});

it("takes no child of an unknown program where the engine's process is known to be another", () => {
	const table = [made(10, 5, "node app.js"), made(11, 10, llama(A)), made(20, 5, "node engine.js")];
	const { runners, unmatched } = match([row("a", A)], table, 20);
	expect(runners).toEqual({});
	expect(unmatched).toEqual({ 11: "other" });
});

it("takes children of process 1 for its own where process 1 is the engine, as in a container", () => {
	const table = [
		made(1, 0, "/usr/bin/ollama serve"),
		made(7, 1, `/usr/bin/ollama runner --model /m/blobs/sha256-${A} --port 3`),
	];
	const { runners } = match([row("a", A)], table);
	expect(runners).toEqual({ a: 7 });
});

it("takes a runner that a service manager adopted for an orphan, and one on Ollama's blob under a script for another's", () => {
	const table = [
		made(900, 1, "/usr/lib/systemd/systemd --user"),
		made(901, 900, `/usr/local/bin/llama-server --model /m/blobs/sha256-${A} --port 1`),
		made(910, 1, "python serve.py"),
		made(911, 910, `/usr/local/bin/llama-server --model /m/blobs/sha256-${B} --port 1`),
		made(912, 910, `/usr/local/bin/ollama runner --model /m/blobs/sha256-${C} --port 1`),
	];
	expect(match([], table).unmatched).toEqual({ 901: "orphan", 911: "other", 912: "orphan" });
});

it("says that nothing is seen where neither engine nor runner is", () => {
	expect(match([row("a", A)], [made(5, 1, "/usr/bin/bash")]).view.engineSeen).toBe(false);
	expect(match([row("a", A)], []).view.engineSeen).toBe(false);
});

it("passes on what an activity meter says, and null where it says nothing", () => {
	const table = processes("ps-runner-0.24.txt");
	const view = matchRunners({
		at: 9,
		rows: [row("a", A), row("b", B)],
		processes: table,
		engineProcessHint: null,
		activity: new Map([[901, true]]),
	});
	expect(view.runners.get("a")?.active).toBe(true);
	expect(view.runners.get("b")?.active).toBeNull();
});
