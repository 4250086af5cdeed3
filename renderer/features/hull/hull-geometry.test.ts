import { describe, expect, it } from "vitest";
import { crew, engine, loaded, machine, operation, usual } from "../../../shared/testing/build-state.ts";
import { fromGb } from "../../../shared/units.ts";
import { hullStretches, hullTicks, labelFor, labelRoomPercent } from "./hull-geometry.ts";

describe("the hull", () => {
	it("draws other apps, models and free memory to scale and without a gap", () => {
		const stretches = hullStretches(usual());
		expect(stretches.map(({ kind }) => kind)).toEqual(["other", "model", "model", "model", "free"]);
		let from = 0;
		for (const stretch of stretches) {
			expect(stretch.from).toBeCloseTo(from, 9);
			expect(stretch.share).toBeCloseTo(stretch.bytes / fromGb(18), 9);
			from += stretch.share;
		}
		expect(from).toBeCloseTo(1, 9);
	});

	it("never leaves the hull, however much models take when they answer", () => {
		const models = [loaded("a", 20, 1), loaded("b", 20, 2)];
		const stretches = hullStretches(usual({ loaded: models, machine: machine(18, 9, models) }));
		for (const { from, share } of stretches) {
			expect(share).toBeGreaterThanOrEqual(0);
			expect(from + share).toBeLessThanOrEqual(1 + 1e-9);
		}
	});

	it("does not draw models that take memory elsewhere", () => {
		const stretches = hullStretches(usual({ engine: engine({ locality: "remote" }) }));
		expect(stretches.map(({ kind }) => kind)).toEqual(["other", "free"]);
	});

	it("stripes what leaves and fills what loads as far as it has come", () => {
		const [nomic, gemma] = crew;
		if (nomic === undefined || gemma === undefined) throw new Error("the crew has three models");
		const coming = loaded("llama3.1:8b", 3.6, 4, { state: "loading" });
		const stretches = hullStretches(
			usual({
				loaded: [{ ...gemma, state: "draining" }, coming],
				operations: [
					operation("load", "llama3.1:8b", { progress: { doneBytes: fromGb(3.6), totalBytes: fromGb(6) } }),
				],
			}),
		);
		expect(stretches[1]?.state).toBe("leaving");
		expect(stretches[2]?.state).toBe("loading");
		expect(stretches[2]?.bytes).toBe(fromGb(6));
		expect(stretches[2]?.doneShare).toBeCloseTo(0.6, 6);
	});

	it.each([
		[18, 2, [0, 4, 8, 12, 18]],
		[36, 4, [0, 8, 16, 24, 36]],
		[64, 8, [0, 16, 32, 48, 64]],
	])("marks %i GB in steps of %i with a label at every second and at the end", (totalGb, step, labels) => {
		const ticks = hullTicks(fromGb(totalGb));
		expect(ticks.stepShare).toBeCloseTo(step / totalGb, 9);
		expect(ticks.labels.map(({ gb }) => gb)).toEqual(labels);
	});

	it("writes the name where nine letters of it fit, else the number, else nothing", () => {
		expect(labelFor({ kind: "model", share: 0.29 }, "qwen2.5-coder")).toBe("name");
		expect(labelFor({ kind: "model", share: 0.08 }, "gemma3")).toBe("number");
		expect(labelFor({ kind: "model", share: 0.02 }, "nomic-embed-text")).toBe("none");
	});

	it("writes nothing into the curve of the bow", () => {
		expect(labelFor({ kind: "model", share: 0.14 }, "Free")).toBe("name");
		expect(labelFor({ kind: "free", share: 0.14 }, "Free")).not.toBe("name");
	});

	it("gives a label the same room until its figure changes", () => {
		const total = fromGb(18);
		expect(labelRoomPercent(fromGb(5.21), total)).toBe(labelRoomPercent(fromGb(5.18), total));
		expect(labelRoomPercent(fromGb(5.4), total)).not.toBe(labelRoomPercent(fromGb(5.2), total));
	});
});
