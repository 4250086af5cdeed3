import { describe, expect, it } from "vitest";
import type { StepReason } from "../../../shared/fit.ts";
import { createReloadLoops, type LeftBecause } from "./reload-loops.ts";

const PUSHED: LeftBecause = { kind: "pushed", because: null };

/** A world in which one thing happens every `everyS` seconds. */
function world(everyS = 20) {
	const loops = createReloadLoops();
	let at = 0;
	return {
		load(name: string, contextLength = 4096, byHand = false) {
			at += everyS * 1000;
			loops.loaded({ at, key: name, name, contextLength, byHand });
		},
		left: (name: string, because: LeftBecause = PUSHED) => loops.left(name, because),
		now: (afterS = 0) => loops.at(at + afterS * 1000),
	};
}

type World = ReturnType<typeof world>;

/** Two models load in turn, each pushing the other out. */
function takeTurns(on: World, rounds: number, because: StepReason | null = null, byHand = false): void {
	for (let round = 0; round < rounds; round += 1) {
		on.load("a", 4096, byHand);
		on.left("b", { kind: "pushed", because });
		on.load("b", 4096, byHand);
		on.left("a", { kind: "pushed", because });
	}
}

describe("a model that is asked for with different contexts", () => {
	it("is a loop from the third reload on", () => {
		const on = world();
		for (const context of [4096, 32_768, 4096]) on.load("a", context);
		expect(on.now()).toEqual([]);
		on.load("a", 32_768);
		expect(on.now()).toEqual([
			{ because: "contexts", models: ["a"], contexts: [4096, 32_768], reloads: 3, lastAt: 80_000 },
		]);
	});

	it("is one also where the engine lets it go before it loads it anew", () => {
		const on = world();
		for (const context of [4096, 8192, 4096, 8192]) {
			on.load("a", context);
			on.left("a");
		}
		expect(on.now()).toMatchObject([{ because: "contexts", contexts: [4096, 8192] }]);
	});

	it("is none where the reloads are further apart, or where a person chose them", () => {
		const slow = world(150);
		const byHand = world();
		for (const context of [4096, 8192, 4096, 8192, 4096, 8192]) {
			slow.load("a", context);
			byHand.load("a", context, true);
		}
		expect(slow.now()).toEqual([]);
		expect(byHand.now()).toEqual([]);
	});
});

describe("models that push each other out", () => {
	it("are a loop from the third reload of one on", () => {
		const on = world();
		takeTurns(on, 3);
		expect(on.now()).toEqual([]);
		on.load("a");
		expect(on.now()).toEqual([
			{ because: "memory", models: ["a", "b"], contexts: [], reloads: 3, lastAt: 140_000 },
		]);
	});

	it.each([
		["single", "single"],
		["engine-models", "engine-models"],
		["engine-memory", "memory"],
		["memory", "memory"],
	] as const)("because of %s are told as %s", (reason, because) => {
		const on = world();
		takeTurns(on, 4, reason);
		expect(on.now()).toMatchObject([{ because }]);
	});

	it("may be three", () => {
		const on = world();
		const names = ["a", "b", "c"];
		for (let nth = 0; nth < 12; nth += 1) {
			on.load(names[nth % 3] ?? "");
			on.left(names[nth % 3] ?? "");
		}
		expect(on.now()).toMatchObject([{ models: ["a", "b", "c"], reloads: 3 }]);
	});

	it("are none where one of them is loaded again and again for itself", () => {
		const on = world();
		for (let nth = 0; nth < 8; nth += 1) {
			on.load("a");
			on.left("a");
		}
		expect(on.now()).toEqual([]);
	});

	it("are none where they were asked to leave, or their time was over, or a person loaded them", () => {
		const asked = world();
		for (let nth = 0; nth < 8; nth += 1) {
			const name = nth % 2 === 0 ? "a" : "b";
			asked.load(name);
			asked.left(name, { kind: "let-go" });
		}
		expect(asked.now()).toEqual([]);
		const byHand = world();
		takeTurns(byHand, 6, null, true);
		expect(byHand.now()).toEqual([]);
	});
});

describe("a loop that has stopped", () => {
	it("is shown for ten minutes more", () => {
		const on = world();
		takeTurns(on, 4);
		expect(on.now(600)).toHaveLength(1);
		expect(on.now(601)).toEqual([]);
	});

	it("grows while it goes on instead of being told twice", () => {
		const on = world();
		takeTurns(on, 6);
		expect(on.now()).toMatchObject([{ models: ["a", "b"], reloads: 5 }]);
	});
});
