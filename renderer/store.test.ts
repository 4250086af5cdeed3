import { beforeEach, describe, expect, it, vi } from "vitest";
import { AppError } from "../shared/errors.ts";
import { CONNECTION_LOST, diff, type StatePatch } from "../shared/patch.ts";
import type { AppState } from "../shared/state.ts";
import { usual } from "../shared/testing/build-state.ts";

vi.stubGlobal("window", {});
const { act, followCore, usePopover } = await import("./store.ts");

/** Core as one popover hears it. */
function fakeCore(first: AppState) {
	let state = first;
	let tell: ((patch: StatePatch) => void) | null = null;
	const snapshots = vi.fn(async () => state);
	return {
		snapshots,
		api: {
			snapshot: snapshots,
			on: (_name: string, listener: never) => {
				tell = listener;
				return () => undefined;
			},
		} as unknown as Parameters<typeof followCore>[0],
		change(next: AppState, lost = false) {
			const patch = { from: state.version, to: next.version, steps: diff(state, next) };
			state = next;
			if (!lost) tell?.(patch);
		},
		lose: () => tell?.(CONNECTION_LOST),
	};
}

const shown = () => usePopover.getState().state;

describe("the popover's mirror of core", () => {
	beforeEach(() => usePopover.setState({ state: null, problem: null }));

	it("shows what changed between the subscription and the snapshot", async () => {
		const core = fakeCore(usual());
		followCore(core.api);
		core.change({ ...usual(), version: 2, events: [] });
		await vi.waitFor(() => expect(shown()?.version).toBe(2));
		expect(shown()?.events).toEqual([]);
	});

	it("keeps every part the same object that a patch did not touch", async () => {
		const core = fakeCore(usual());
		followCore(core.api);
		await vi.waitFor(() => expect(shown()).not.toBeNull());
		const before = shown();
		core.change({ ...usual(), version: 2, settingsProblem: { code: "internal", params: { problem: "x" } } });
		expect(shown()?.version).toBe(2);
		expect(shown()?.loaded).toBe(before?.loaded);
		expect(shown()?.machine).toBe(before?.machine);
	});

	it("asks for a new snapshot where a patch was lost or the connection was", async () => {
		const core = fakeCore(usual());
		followCore(core.api);
		await vi.waitFor(() => expect(shown()).not.toBeNull());
		core.change({ ...usual(), version: 2, loaded: [] }, true);
		core.change({ ...usual(), version: 3, loaded: [], events: [] });
		await vi.waitFor(() => expect(shown()?.version).toBe(3));
		expect(shown()?.loaded).toEqual([]);
		core.lose();
		await vi.waitFor(() => expect(core.snapshots).toHaveBeenCalledTimes(3));
	});

	it("goes on with the next patch where the first snapshot failed", async () => {
		const core = fakeCore(usual());
		core.snapshots.mockRejectedValueOnce(new Error("not there yet"));
		followCore(core.api);
		await vi.waitFor(() => expect(core.snapshots).toHaveBeenCalledTimes(1));
		expect(shown()).toBeNull();
		await vi.waitFor(() => {
			core.change({ ...usual(), version: 2 });
			expect(shown()?.version).toBe(2);
		});
	});
});

describe("an action", () => {
	beforeEach(() => usePopover.setState({ problem: null }));

	it("shows what went wrong, as every transport delivers it", async () => {
		act(async () => {
			throw AppError.of("model-not-loaded", { model: "a" }).serialize();
		});
		await vi.waitFor(() =>
			expect(usePopover.getState().problem).toEqual({ code: "model-not-loaded", params: { model: "a" } }),
		);
	});

	it("takes an earlier problem away, and does not call a cancelled one a problem", async () => {
		usePopover.setState({ problem: { code: "internal", params: { problem: "old" } } });
		const ended = vi.fn();
		act(async () => {
			ended();
			throw AppError.of("cancelled", {});
		});
		expect(usePopover.getState().problem).toBeNull();
		await vi.waitFor(() => expect(ended).toHaveBeenCalled());
		expect(usePopover.getState().problem).toBeNull();
	});
});
