import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { DemoEngineInput, DemoFlavour } from "./command.ts";
import { CONFORMANCE_EXCEPTIONS, type ConformanceException } from "./conformance-exceptions.ts";
import { startDemoEngine } from "./start.ts";
import { differences } from "./testing/compare.ts";
import { recordedModelFiles } from "./testing/recorded-models.ts";
import { type RecordedRequest, readScenarios, type Scenario } from "./testing/recordings.ts";
import { type Replayed, replay } from "./testing/replay.ts";

const used = new Set<ConformanceException>();
const unaccounted: string[] = [];
let compared = 0;

for (const [version, flavour] of [
	["0.24.0", "0.24"],
	["0.33.0", "0.33"],
	["0.40.0", "0.40"],
] as const) {
	describe(`answers as Ollama ${version} does`, () => {
		const scenarios = readScenarios(version);
		test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
			"%s",
			async (_name, scenario) => {
				const replayable = scenario.requests.some(({ unreplayable }) => unreplayable === null);
				const answers = replayable
					? await replayScenario(version, flavour, scenario)
					: new Map<string, Replayed | null>();
				const pairs = scenario.unordered ? pairedByStatus(scenario, answers) : pairedById(scenario, answers);
				const failures = pairs.flatMap(([recorded, replayed]) =>
					accountFor(version, scenario, recorded, replayed),
				);
				expect(failures).toEqual([]);
			},
		);
	});
}

describe("the table of exceptions", () => {
	test("has none that is no longer needed", () => {
		const unused = CONFORMANCE_EXCEPTIONS.filter((exception) => !used.has(exception));
		expect(unused).toEqual([]);
	});

	test("leaves no recorded request neither compared nor excepted", () => {
		expect(unaccounted).toEqual([]);
		expect(compared).toBeGreaterThan(380);
	});
});

const directories: string[] = [];
afterAll(() => {
	for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

async function replayScenario(version: string, flavour: DemoFlavour, scenario: Scenario) {
	if (flavour === "0.40") {
		// Written after sources that describe the models of the demo's own library, on a Mac.
		const engine = await startDemoEngine({
			port: 0,
			flavour,
			machineGb: 64,
			contextLength: 4096,
			loadGbPerSecond: 100,
		});
		return replay(scenario, engine.url, async () => {}).finally(() => engine.close());
	}
	const modelsDir = mkdtempSync(join(tmpdir(), "plimsoll-conformance-"));
	directories.push(modelsDir);
	const empty = scenario.name === "server" || scenario.name === "create";
	recordedModelFiles(version).forEach((file, index) =>
		writeFileSync(
			join(modelsDir, `${index}.json`),
			JSON.stringify({ ...file, ...(empty ? { installed: false } : {}) }),
		),
	);
	const engine = await startDemoEngine({ ...optionsFor(scenario), port: 0, flavour, modelsDir });
	const kill = async (model: string): Promise<void> => {
		const answer = await fetch(`${engine.url}/demo/control`, {
			method: "POST",
			body: JSON.stringify({ kill_runner: { model } }),
		});
		expect(answer.status).toBe(200);
	};
	try {
		return await replay(scenario, engine.url, kill);
	} finally {
		await engine.close();
	}
}

/** The recorded machine: no GPU, no network, 22.1 GiB free; only speeds are the test's own. */
function optionsFor(scenario: Scenario): DemoEngineInput {
	const readsSlowly = scenario.name === "runner-killed-before-first-token";
	return {
		library: "none",
		control: true,
		gpu: false,
		network: false,
		machineGb: 23,
		othersGb: 0.9,
		modelsPath: "/models",
		tokensPerSecond: 400,
		promptTokensPerSecond: readsSlowly ? 50 : 20_000,
		loadGbPerSecond: 40,
		maxQueue: Number(scenario.environment["OLLAMA_MAX_QUEUE"] ?? 512),
		maxLoadedModels: Number(scenario.environment["OLLAMA_MAX_LOADED_MODELS"] ?? 0),
	};
}

type Pair = readonly [RecordedRequest, Replayed | null | undefined];

function pairedById(scenario: Scenario, answers: ReadonlyMap<string, Replayed | null>): readonly Pair[] {
	return scenario.requests.map((recorded): Pair => [recorded, answers.get(recorded.id)]);
}

/** Where chance decides who is served, as many of each status must come back as were recorded. */
function pairedByStatus(scenario: Scenario, answers: ReadonlyMap<string, Replayed | null>): readonly Pair[] {
	const recorded = [...scenario.requests].sort((a, b) => (a.answer?.status ?? 0) - (b.answer?.status ?? 0));
	const replayed = [...answers.values()].sort((a, b) => (a?.status ?? 0) - (b?.status ?? 0));
	return recorded.map((request, index): Pair => [request, replayed[index]]);
}

/** Compares one answer or finds its exception; what remains is a failure. */
function accountFor(
	version: string,
	scenario: Scenario,
	recorded: RecordedRequest,
	replayed: Pair[1],
): readonly string[] {
	const exception = CONFORMANCE_EXCEPTIONS.find(
		(one) =>
			(one.version === "*" || one.version === version) &&
			one.scenario === scenario.name &&
			(one.request === recorded.id ||
				(one.request.endsWith("*") && recorded.id.startsWith(one.request.slice(0, -1)))),
	);
	const where = `${version} ${scenario.name}: ${recorded.id}`;
	if (recorded.unreplayable !== null) {
		if (exception?.kind === "not-replayed") used.add(exception);
		else unaccounted.push(where);
		return [];
	}
	if (replayed === undefined) {
		unaccounted.push(where);
		return [];
	}
	compared += 1;
	// A client that left has seen what there was to see: that the server took it.
	if (replayed === null) return recorded.clientLeft !== null ? [] : [`${where}: no answer`];
	if (recorded.answer === null) return [`${where}: answered, which the recorded server did not`];
	const found = differences(recorded.answer, replayed).map((difference) => `${where}: ${difference}`);
	if (found.length > 0 && exception?.kind === "differs") {
		used.add(exception);
		return [];
	}
	return found;
}
