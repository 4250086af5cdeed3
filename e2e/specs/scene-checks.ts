import { AxeBuilder } from "@axe-core/playwright";
import { describe, expect, it } from "vitest";
import { layoutFaults } from "../screens/layout-faults.ts";
import type { OpenPopover } from "../screens/popover-page.ts";
import type { Scene } from "../screens/scenes.ts";
import { testPopovers } from "./test-popovers.ts";

/** What axe finds, one line each. */
async function violationsIn({ page }: OpenPopover, rules?: readonly string[]): Promise<readonly string[]> {
	const axe = new AxeBuilder({ page }).setLegacyMode();
	const { violations } = await (rules === undefined ? axe : axe.withRules([...rules])).analyze();
	return violations.flatMap(({ id, nodes }) =>
		nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`),
	);
}

/** Buttons, fields and progress without a name, by their text. */
function namelessIn({ page }: OpenPopover): Promise<readonly string[]> {
	return page.locator("button, input, select, textarea, [role=progressbar]").evaluateAll((all) =>
		all
			.filter((each) => {
				const labels = (each as HTMLInputElement).labels ?? [];
				const named = each.getAttribute("aria-label") ?? each.textContent ?? "";
				return named.trim() === "" && [...labels].every((label) => (label.textContent ?? "").trim() === "");
			})
			.map((each) => each.outerHTML),
	);
}

/**
 * What must hold in every scene: nothing overlaps or sticks out, every control has a name, axe finds nothing in light
 * and no weak contrast in dark, and the security policy refuses nothing. All of it is looked at in one page a scene,
 * since opening a page is most of the cost.
 */
export function checkScenes(scenes: readonly Scene[]): void {
	const popovers = testPopovers();
	describe("the popover's layout, names and contrast", () => {
		it.each(scenes)("are faultless in “$name”, and the security policy refuses nothing", async (scene) => {
			const open = await popovers.openScene(scene);
			try {
				expect.soft(await layoutFaults(open.page)).toEqual([]);
				expect.soft(await namelessIn(open)).toEqual([]);
				expect.soft(await violationsIn(open)).toEqual([]);
				await open.page.emulateMedia({ colorScheme: "dark" });
				expect.soft(await violationsIn(open, ["color-contrast"])).toEqual([]);
				expect.soft(open.complaints()).toEqual([]);
			} finally {
				await open.close();
			}
		});
	});
}
