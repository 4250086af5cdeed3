import { describe, expect, it } from "vitest";
import { createRenderer } from "../../shared/messages/create-renderer.ts";
import type { AppState } from "../../shared/state.ts";
import { FIRST_WATCHDOG_STATE } from "../../shared/watchdog.ts";
import { trayView } from "./tray-view.ts";

const GB = 1024 ** 3;
const english = createRenderer("en");

/** The part of the state that the tray looks at. */
function stateWith(change: {
	readonly level?: "normal" | "elevated" | "high" | "critical";
	readonly connection?: string;
	readonly loaded?: readonly number[];
	readonly operations?: readonly { readonly kind: string; readonly state: string }[];
	readonly loginItem?: AppState["shell"]["loginItem"];
	readonly noMachine?: boolean;
	/** GB that may still be loaded; absent where there is no budget. */
	readonly spareGb?: number;
	readonly watchdog?: Partial<AppState["watchdog"]>;
}): AppState {
	return {
		machine: change.noMachine
			? null
			: { level: change.level ?? "normal", sample: { availableBytes: 5 * GB } },
		engine: { connection: { state: change.connection ?? "connected" } },
		loaded: (change.loaded ?? []).map((footprintBytes) => ({ footprintBytes })),
		operations: change.operations ?? [],
		budget: change.spareGb === undefined ? null : { spareBytes: change.spareGb * GB },
		watchdog: { ...FIRST_WATCHDOG_STATE, ...change.watchdog },
		shell: { loginItem: change.loginItem ?? "not-registered" },
	} as unknown as AppState;
}

function view(change: Parameters<typeof stateWith>[0]) {
	return trayView(stateWith(change), english);
}

function entry(change: Parameters<typeof stateWith>[0], action: string) {
	const found = view(change).menu.find((each) => "action" in each && each.action === action);
	if (found === undefined) throw new Error(`no entry ${action}`);
	return found;
}

describe("the icon", () => {
	it.each([
		[{}, "normal"],
		[{ noMachine: true }, "normal"],
		[{ level: "elevated" }, "elevated"],
		[{ level: "high" }, "high"],
		[{ level: "critical" }, "critical"],
		[{ connection: "unreachable" }, "offline"],
		[{ connection: "not-installed" }, "offline"],
		[{ operations: [{ kind: "load", state: "running" }] }, "busy"],
		[{ operations: [{ kind: "load", state: "queued" }] }, "normal"],
		[{ level: "elevated", operations: [{ kind: "load", state: "running" }] }, "busy"],
	] as const)("for %j is %s", (change, icon) => {
		expect(view(change).icon).toBe(icon);
	});

	it("shows trouble with memory before anything else", () => {
		const all = { connection: "unreachable", operations: [{ kind: "load", state: "running" }] } as const;
		expect(view({ ...all, level: "high" }).icon).toBe("high");
		expect(view({ ...all, level: "critical" }).icon).toBe("critical");
		expect(view(all).icon).toBe("offline");
	});
});

describe("the words", () => {
	it("say in the tooltip and in the menu's first line what matters most", () => {
		const { tooltip, menu } = view({ loaded: [GB, 2 * GB] });
		expect(tooltip).toMatch(/^Plimsoll: .*5\.0\s?GB/);
		expect(menu[0]).toEqual({ kind: "status", label: tooltip.slice("Plimsoll: ".length) });
	});

	it("say what may still be loaded, or by how much it is over, where that is known", () => {
		expect(view({ loaded: [GB], spareGb: 3.5 }).tooltip).toMatch(/1 model, 3\.5\s?GB may be loaded$/);
		expect(view({ loaded: [GB], spareGb: -0.5 }).tooltip).toMatch(/, 0\.5\s?GB over the load line$/);
		expect(view({ loaded: [GB] }).tooltip).toMatch(/1 model$/);
		expect(view({ level: "critical", spareGb: 3.5 }).tooltip).not.toContain("3.5");
	});

	it("differ between every state that the icon tells apart", () => {
		const said = [
			view({}),
			view({ noMachine: true }),
			view({ level: "high" }),
			view({ level: "critical" }),
			view({ connection: "unreachable" }),
			view({ loaded: [GB] }),
		].map(({ tooltip }) => tooltip);
		expect(new Set(said).size).toBe(said.length);
	});
});

describe("the menu", () => {
	it("flushes only where there is something to flush and no flush runs", () => {
		expect(entry({}, "flush")).toMatchObject({ enabled: false });
		expect(entry({ loaded: [GB] }, "flush")).toMatchObject({ enabled: true });
		expect(entry({ loaded: [GB], operations: [{ kind: "flush", state: "running" }] }, "flush")).toMatchObject(
			{
				enabled: false,
			},
		);
	});

	it("says on the flush how much of the memory models hold", () => {
		expect(entry({ loaded: [GB, 2 * GB] }, "flush")).toMatchObject({
			label: expect.stringMatching(/3\.0\s?GB/),
		});
	});

	it.each([
		["enabled", true, true],
		["requires-approval", true, true],
		["not-registered", false, true],
		["not-found", false, true],
		["unsupported", false, false],
	] as const)("shows the login item %s", (loginItem, on, enabled) => {
		expect(entry({ loginItem }, "open-at-login")).toMatchObject({ on, enabled });
	});

	it("pauses the watchdog, ends its pause, and does neither where it is off", () => {
		expect(entry({}, "pause-watchdog")).toMatchObject({ enabled: true });
		const pausedUntilAt = new Date(2026, 0, 2, 15, 8).getTime();
		const paused = view({ watchdog: { mode: "paused", pausedUntilAt } }).menu;
		expect(paused).toContainEqual({
			kind: "action",
			action: "resume-watchdog",
			label: "Resume Watchdog (Paused until 15:08)",
			enabled: true,
		});
		expect(paused).not.toContainEqual(expect.objectContaining({ action: "pause-watchdog" }));
		expect(entry({ watchdog: { mode: "off" } }, "pause-watchdog")).toMatchObject({ enabled: false });
	});

	it("always opens, leads to the settings and quits", () => {
		for (const action of ["open", "settings", "quit"])
			expect(entry({ noMachine: true, connection: "unreachable" }, action)).toMatchObject({ enabled: true });
	});
});
