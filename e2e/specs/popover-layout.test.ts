import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { AppState } from "../../shared/state.ts";
import { fromGb } from "../../shared/units.ts";
import { layoutFaults } from "../screens/layout-faults.ts";
import type { OpenPopover } from "../screens/popover-page.ts";
import { states } from "../screens/states.ts";
import { partsLaidOut, renderingCostOf, watchCommits } from "../screens/watch-rendering.ts";
import { testPopovers } from "./test-popovers.ts";

const popovers = testPopovers();

/** The same machine a second later; what changes in it is too small for any figure on screen. */
function withAvailable(state: AppState, changeGb: number): AppState {
	if (state.machine === null) return state;
	const { machine } = state;
	const change = fromGb(changeGb);
	return {
		...state,
		machine: {
			...machine,
			otherAppsBytes: machine.otherAppsBytes - change,
			sample: {
				...machine.sample,
				at: machine.sample.at + 1000,
				availableBytes: machine.sample.availableBytes + change,
			},
		},
	};
}

/** Opens a popover whose rendering can be watched, once its first figures have settled. */
async function openWatched(state: AppState): Promise<OpenPopover> {
	const watched = await popovers.open({ state, place: "now", prepare: watchCommits });
	await renderingCostOf(watched.page, async () => undefined);
	return watched;
}

describe("the popover's layout", () => {
	it.each([
		["at 200 % text", { textPercent: 200 }],
		["at 150 % text", { textPercent: 150 }],
		["in a window zoomed to 200 %", { viewport: { width: 190, height: 300 } }],
		["in German", { locale: "de-DE" }],
		["in German at 200 % text", { locale: "de-DE", textPercent: 200 }],
		["in a wide browser window", { viewport: { width: 1200, height: 900 } }],
	])("holds eight loaded and sixty installed models with names of 80 characters %s", async (_name, setup) => {
		const open = await popovers.open({
			state: states.crowded,
			place: "now",
			reducedMotion: true,
			...setup,
		});
		try {
			expect(await open.page.getByRole("listitem").count()).toBeGreaterThanOrEqual(68);
			expect(await layoutFaults(open.page)).toEqual([]);
		} finally {
			await open.close();
		}
	});

	it.each(["now", "draining", "grown", "loading", "eight", "oddities", "elevated"] as const)(
		"keeps the figures of each list in one column in “%s”, whatever a row has for buttons",
		async (name) => {
			const open = await popovers.open({ state: states[name], place: "now" });
			try {
				for (const figures of [".row > .amount", ".row-installed > .size"]) {
					const ends = await open.page
						.locator(figures)
						.evaluateAll((all) => all.map((each) => Math.round(each.getBoundingClientRect().right)));
					expect([...new Set(ends)], figures).toHaveLength(ends.length === 0 ? 0 : 1);
				}
			} finally {
				await open.close();
			}
		},
	);

	it("sees a fault where there is one", async () => {
		const open = await popovers.open({ state: states.now, place: "now" });
		try {
			await open.page
				.locator(".section-head h2")
				.first()
				.evaluate((heading) => {
					heading.style.marginInlineEnd = "-80px";
				});
			expect(await layoutFaults(open.page)).not.toEqual([]);
		} finally {
			await open.close();
		}
	});

	it("shows a name from right to left in its own direction and the sentence around it in the page's", async () => {
		const open = await popovers.open({ state: states.crowded, place: "now" });
		try {
			const name = open.page.locator("bdi", { hasText: "نموذج" }).first();
			expect(await name.evaluate((element) => getComputedStyle(element).direction)).toBe("rtl");
			expect(
				await open.page.locator(".popover").evaluate((element) => getComputedStyle(element).direction),
			).toBe("ltr");
		} finally {
			await open.close();
		}
	});
});

describe("a sample that arrives", () => {
	it("costs no layout at all where no figure changes, and moves the gauge by transform alone", async () => {
		const open = await openWatched(states.now);
		try {
			const cost = await renderingCostOf(open.page, () =>
				open.change((state) => withAvailable(state, 0.003)),
			);
			expect(cost.changedStyles).toEqual(["transform"]);
			expect({ ...cost, changedStyles: [], renderedIn: [] }).toEqual({
				layouts: 0,
				forcedReads: [],
				shift: 0,
				changedStyles: [],
				changedAttributes: [],
				changedTexts: [],
				renderedIn: [],
			});
		} finally {
			await open.close();
		}
	});

	it("changes the text of figures and nothing else where they change; nothing shifts, no layout is forced", async () => {
		const open = await openWatched(states.now);
		try {
			const cost = await renderingCostOf(open.page, () => open.change((state) => withAvailable(state, -0.5)));
			expect(cost.layouts).toBeGreaterThan(0);
			expect(cost.changedTexts.length).toBeGreaterThan(0);
			expect(cost.forcedReads).toEqual([]);
			expect(cost.shift).toBe(0);
			expect(cost.changedStyles.filter((name) => name !== "transform" && name !== "opacity")).toEqual([]);
			// The sentence that says the hull to those who do not see it is an attribute.
			expect(cost.changedAttributes.filter((name) => !name.endsWith("@aria-label"))).toEqual([]);
		} finally {
			await open.close();
		}
	});

	it("is laid out inside of the headline and the hull alone", async () => {
		const open = await openWatched(states.now);
		try {
			const hero = await open.page.getByRole("region", { name: "Memory" }).boundingBox();
			const parts = await partsLaidOut(open.page, () => open.change((state) => withAvailable(state, -0.5)));
			expect(parts.length).toBeGreaterThan(0);
			for (const { top, bottom } of parts) {
				expect(top).toBeGreaterThanOrEqual(hero?.y ?? Number.NaN);
				expect(bottom).toBeLessThanOrEqual((hero?.y ?? Number.NaN) + (hero?.height ?? Number.NaN));
				expect(bottom - top).toBeLessThan(60);
			}
		} finally {
			await open.close();
		}
	});

	it("renders nothing outside of the memory at the top", async () => {
		const open = await openWatched(states.crowded);
		try {
			const cost = await renderingCostOf(open.page, () => open.change((state) => withAvailable(state, -0.5)));
			expect(cost.renderedIn.length).toBeGreaterThan(0);
			const hull = await open.page.getByRole("img").first().getAttribute("aria-label");
			expect(
				cost.renderedIn.filter((part) => part !== "Memory" && part !== hull && !part.includes("GB")),
			).toEqual([]);
		} finally {
			await open.close();
		}
	});

	it("renders one row where one model changes", async () => {
		const open = await openWatched(states.now);
		try {
			await open.page.evaluate(() => {
				for (const row of document.querySelectorAll("li.row"))
					row.setAttribute("aria-label", row.textContent ?? "");
			});
			const cost = await renderingCostOf(open.page, () =>
				open.change((state) => ({
					...state,
					loaded: state.loaded.map((model) =>
						model.name === "gemma3:1b" ? { ...model, state: "idle" as const } : model,
					),
				})),
			);
			expect(cost.renderedIn.filter((part) => part.startsWith("2gemma3"))).toHaveLength(1);
			expect(cost.renderedIn.filter((part) => /^[13](?:nomic|qwen)/.test(part))).toEqual([]);
		} finally {
			await open.close();
		}
	});
});

describe("the popover's bundle", () => {
	it("loads less than 350 KB of script before it shows anything", () => {
		const folder = fileURLToPath(new URL("../../out/renderer/", import.meta.url));
		const scriptsOf = (name: string, seen: Set<string>): void => {
			if (seen.has(name)) return;
			seen.add(name);
			const text = readFileSync(folder + name, "utf8");
			for (const [, imported = ""] of text.matchAll(/\b(?:import|from)\s*"\.\/([\w.-]+\.js)"/g))
				scriptsOf(`assets/${imported}`, seen);
		};
		const page = readFileSync(`${folder}index.html`, "utf8");
		const scripts = new Set<string>();
		for (const [, source = ""] of page.matchAll(/<script[^>]+src="\.\/([^"]+)"/g)) scriptsOf(source, scripts);
		expect(scripts.size).toBeGreaterThan(0);
		const bytes = [...scripts].reduce((sum, name) => sum + statSync(folder + name).size, 0);
		expect(bytes).toBeLessThan(350 * 1024);
	});
});
