import { describe, expect, it } from "vitest";
import type { EngineState } from "../../shared/engine-state.ts";
import type { MachineState } from "../../shared/machine.ts";
import { createFreshen, type FreshenParts } from "./freshen.ts";
import { heldClock } from "./testing/held-clock.ts";

function world(connection: EngineState["connection"], list: () => Promise<null> = async () => null) {
	const clock = heldClock();
	const looks: string[] = [];
	const began = clock.now();
	const parts: FreshenParts = {
		supervision: { state: () => ({ connection }) as EngineState },
		observer: {
			listedAtMs: () => 0,
			lookNow() {
				looks.push("engine");
				return list();
			},
		},
		machine: {
			state: () => ({ sample: { at: began } }) as MachineState,
			sampleNow() {
				looks.push("machine");
				return Promise.reject(new Error("the machine cannot be read"));
			},
		},
		clock,
	};
	return { clock, looks, freshen: createFreshen(parts) };
}

const connected = { state: "connected", sinceAt: 0, busy: false } as const;

describe("freshen", () => {
	it("looks at engine and machine again where what is known is older than a second, and not before", async () => {
		const { clock, looks, freshen } = world(connected);
		await clock.advance(1_000);
		await freshen();
		expect(looks).toEqual([]);
		await clock.advance(1);
		await freshen();
		expect(looks).toEqual(["engine", "machine"]);
	});

	it("waits a second at most", async () => {
		const { clock, freshen } = world(connected, () => new Promise(() => undefined));
		await clock.advance(5_000);
		let done = false;
		const asked = freshen().then(() => {
			done = true;
		});
		await clock.advance(999);
		expect(done).toBe(false);
		await clock.advance(1);
		await asked;
	});

	it.each([
		{ ...connected, busy: true },
		{ state: "unreachable", sinceAt: 0, nextTryAt: 0, because: "refused" } as const,
	])("does not ask an engine that cannot tell: $state, busy $busy", async (connection) => {
		const { clock, looks, freshen } = world(connection);
		await clock.advance(5_000);
		await freshen();
		expect(looks).toEqual(["machine"]);
	});
});
