import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Arrow, importsOf, readImportGraph, sourceFiles, sourcesByGit } from "./import-graph.ts";

const root = new URL("..", import.meta.url).pathname;
const graph = readImportGraph(root);

/** The only way from a composition root into the demo engine. */
const DEMO_START = "electron/demo-engine/start.ts";

/**
 * Where each room may point, as beginnings of paths; its own folder is always allowed. Everything that is not named
 * here is forbidden, type-only imports too.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
	"shared/": [],
	"renderer/": ["shared/"],
	"electron/preload/": ["shared/"],
	"electron/demo-engine/": ["shared/"],
	"electron/core/": ["shared/"],
	"electron/main/": ["electron/core/", "shared/", DEMO_START],
	"electron/headless/bridge/": ["shared/", "electron/headless/socket-protocol.ts"],
	"electron/headless/": ["electron/core/", "shared/", DEMO_START],
	// Set-ups of test lanes use what tests use.
	"build/": ["shared/", "e2e/fixtures/"],
	// Training reads prompts exactly as the product does.
	"build/router/": ["electron/core/router/", "shared/", "build/scripts/"],
	"e2e/": ["electron/", "shared/", "renderer/", "build/"],
};

/**
 * The rooms within core, lowest first. `ports.ts` and `clock.ts` stand below all of them. Engine, memory, store, log
 * and ipc know nothing of one another; what puts them together stands at the end.
 */
const CORE_ROOMS: Readonly<Record<string, readonly string[]>> = {
	engine: [],
	memory: [],
	store: [],
	log: [],
	ipc: [],
	footprint: ["engine"],
	residency: ["engine", "memory", "footprint"],
	watchdog: ["memory", "residency"],
	startup: [],
	router: ["engine", "residency"],
	chat: ["engine", "router"],
	gateway: ["engine", "residency", "router"],
	// What tests of several rooms use.
	testing: [],
};

/** Files of core outside of its rooms: the ports below all rooms, and what assembles them. */
const CORE_BASE = new Set(["electron/core/ports.ts", "electron/core/clock.ts"]);

/** Packages that only one side may use: they drag that side along. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
	electron: ["electron/main/", "electron/preload/", "e2e/", "build/"],
	"electron-builder": ["build/"],
	vite: ["build/", "renderer/vite.config.ts", "e2e/"],
	react: ["renderer/"],
	"react-dom": ["renderer/"],
	zustand: ["renderer/"],
	ws: ["electron/headless/", "e2e/"],
	commander: ["electron/headless/"],
	vitest: ["build/", "e2e/"],
};

/** Rooms that run in a page or anywhere, and so know no Node. */
const WITHOUT_NODE = ["shared/", "renderer/", "electron/headless/bridge/"];

/** What runs beside the product and not in it. */
const isTest = (file: string): boolean => /\.test\.tsx?$|\/testing\/|\.config\.(?:ts|mjs)$/.test(file);

/** The innermost room a file lies in. */
function roomOf(file: string): string | null {
	const rooms = Object.keys(ROOMS).filter((room) => file.startsWith(room));
	return rooms.sort((a, b) => b.length - a.length)[0] ?? null;
}

function coreRoomOf(file: string): string | null {
	const [, , room, ...rest] = file.startsWith("electron/core/") ? file.split("/") : [];
	return room === undefined || rest.length === 0 ? null : room;
}

function isOwnFile(to: string): boolean {
	return Object.keys(ROOMS).some((room) => to.startsWith(room));
}

function pointsDown({ from, to }: Arrow): boolean {
	const room = roomOf(from);
	if (room === null) return !isOwnFile(to);
	if (!isOwnFile(to)) return true;
	// A bridge lies within headless but is a room of its own.
	if (to.startsWith(room) && roomOf(to) === room) return true;
	if (room === "electron/headless/" && isTest(from)) return true;
	const allowed = ROOMS[room] ?? [];
	// Tests of core and main may run a real engine: the demo's.
	return allowed.some((beginning) => to.startsWith(beginning)) || (isTest(from) && to === DEMO_START);
}

function pointsDownInCore({ from, to }: Arrow): boolean {
	const room = coreRoomOf(from);
	if (room === null || isTest(from) || !to.startsWith("electron/core/") || CORE_BASE.has(to)) return true;
	const target = coreRoomOf(to);
	return target === room || (target !== null && (CORE_ROOMS[room] ?? []).includes(target));
}

function mayUse({ from, to }: Arrow): boolean {
	if (isTest(from)) return true;
	const allowed = PACKAGES[to];
	return allowed === undefined || allowed.some((beginning) => from.startsWith(beginning));
}

/** Arrows as lines, so that a failure names them. */
const lines = (arrows: readonly Arrow[]): readonly string[] =>
	arrows.map(({ from, to }) => `${from} → ${to}`);

describe("the import graph", () => {
	it("sees every source there is", () => {
		const byGit = sourcesByGit(root);
		expect(graph.files.length).toBeGreaterThan(100);
		expect([...graph.files].sort()).toEqual([...sourceFiles(root)].sort());
		if (byGit !== null) expect(byGit.filter((file) => !graph.files.includes(file))).toEqual([]);
	});

	it("reads as many imports as the files' own text shows", () => {
		const pattern = /^(?:import|export)\b[^;]*?\bfrom\s+["']|^import\s+["']/gm;
		for (const file of graph.files) {
			const shown = readFileSync(`${root}${file}`, "utf8").match(pattern)?.length ?? 0;
			const seen = graph.arrows.filter(({ from }) => from === file).length;
			// One file may be named by several lines.
			if (shown > 0) expect(seen, file).toBeGreaterThan(0);
		}
	});

	it("finds every way to name a file", () => {
		const text = [
			'import a from "./a.ts";',
			'import type { B } from "./b.ts";',
			'export { c } from "./c.ts";',
			'export type * from "./d.ts";',
			'import "./e.ts";',
			'const f = await import("./f.ts");',
			'type G = import("./g.ts").G;',
		].join("\n");
		expect([...importsOf("x.ts", text)].sort()).toEqual("abcdefg".split("").map((name) => `./${name}.ts`));
	});

	it("has no import that leads nowhere", () => {
		expect(lines(graph.broken)).toEqual([]);
	});

	it("points down from room to room", () => {
		expect(lines(graph.arrows.filter((arrow) => !pointsDown(arrow)))).toEqual([]);
	});

	it("points down within core", () => {
		const rooms = new Set(graph.files.map(coreRoomOf).filter((room) => room !== null));
		expect([...rooms].filter((room) => !(room in CORE_ROOMS))).toEqual([]);
		expect(lines(graph.arrows.filter((arrow) => !pointsDownInCore(arrow)))).toEqual([]);
	});

	it("keeps each package on its side, above all Electron out of core", () => {
		expect(lines(graph.arrows.filter((arrow) => !mayUse(arrow)))).toEqual([]);
	});

	it("keeps Node out of what runs in a page", () => {
		const page = graph.arrows.filter(
			({ from, to }) =>
				to.startsWith("node:") && !isTest(from) && WITHOUT_NODE.some((room) => from.startsWith(room)),
		);
		expect(lines(page)).toEqual([]);
	});

	it.each([
		["core to Electron's main", "electron/core/a.ts", "electron/main/b.ts"],
		["core to headless", "electron/core/ipc/a.ts", "electron/headless/b.ts"],
		["core to the demo engine", "electron/core/a.ts", DEMO_START],
		["renderer to core", "renderer/a.tsx", "electron/core/ports.ts"],
		["shared to core", "shared/a.ts", "electron/core/ports.ts"],
		["preload to core", "electron/preload/a.ts", "electron/core/ports.ts"],
		["main to headless", "electron/main/a.ts", "electron/headless/b.ts"],
		["headless past the demo engine's start", "electron/headless/a.ts", "electron/demo-engine/command.ts"],
		["the bridge to headless", "electron/headless/bridge/a.ts", "electron/headless/serve.ts"],
		["the demo engine to core", "electron/demo-engine/a.ts", "electron/core/ports.ts"],
	])("would fail on an arrow from %s", (_, from, to) => {
		expect(pointsDown({ from, to })).toBe(false);
	});

	it.each([
		["engine to residency", "electron/core/engine/a.ts", "electron/core/residency/b.ts"],
		["store to log", "electron/core/store/a.ts", "electron/core/log/log.ts"],
		["gateway to what assembles core", "electron/core/gateway/a.ts", "electron/core/create-core.ts"],
	])("would fail within core on an arrow from %s", (_, from, to) => {
		expect(pointsDownInCore({ from, to })).toBe(false);
	});

	it("would fail on Electron in core", () => {
		expect(mayUse({ from: "electron/core/a.ts", to: "electron" })).toBe(false);
	});
});
