import { expect, it } from "vitest";
import type { RunnerView, UnmatchedRunner } from "../memory/machine-view.ts";
import { createUnlistedRunners } from "./unlisted-runners.ts";
import { createWeightsBlobs } from "./weights-blobs.ts";

const orphan: UnmatchedRunner = {
	process: { pid: 815, parentPid: 1, startedAt: 1, cpuTimeMs: 0, commandLine: "llama-server --model x" },
	kind: "orphan",
	weightsBlob: null,
	modelName: null,
};

const view: RunnerView = { at: 1, engineSeen: false, runners: new Map(), unmatched: [orphan] };

it("a runner whose memory cannot be told is there all the same", async () => {
	const unlisted = createUnlistedRunners(
		{ footprint: () => Promise.reject(new Error("the engine that knows is gone")) },
		createWeightsBlobs({ facts: async () => null, installed: () => [] }),
		() => [],
	);
	await unlisted.look(view);
	expect(unlisted.all()).toEqual([{ runner: orphan, firstSeenAt: 1, footprint: null, wasListed: false }]);
});
