import type { Page } from "@playwright/test";
import type { PopoverPlace } from "../../shared/ipc.ts";
import type { AppState } from "../../shared/state.ts";
import type { OpenPopover, PopoverServer, PopoverSetup } from "./popover-page.ts";
import { hourOfMemory, llamaChoices, type StateName, states } from "./states.ts";

/** One picture of the popover: a state, where it is opened, and what is clicked then. */
export interface Scene {
	readonly name: string;
	readonly state: AppState;
	readonly place: PopoverPlace;
	readonly textPercent?: number;
	readonly hanging?: PopoverSetup["hanging"];
	readonly act?: (page: Page) => Promise<void>;
}

function placeOf(name: StateName): PopoverPlace {
	if (name.startsWith("chat")) return "chat";
	if (name.startsWith("activity")) return "activity";
	return name.startsWith("settings") && name !== "settings-problem" ? "settings" : "now";
}

const installedRow = (page: Page, name: string) =>
	page
		.getByRole("list", { name: "Installed models" })
		.getByRole("listitem")
		.filter({ hasText: name })
		.first();

/** Shows a row as pointed at. */
function pointAt(name: string): (page: Page) => Promise<void> {
	return (page) => installedRow(page, name).hover();
}

async function openMenu(page: Page): Promise<void> {
	await installedRow(page, "llama3.1")
		.getByRole("button", { name: /^More for/ })
		.click();
	await page.getByRole("menuitem", { name: /32K/ }).waitFor();
}

async function scrollDown(page: Page): Promise<void> {
	await page.locator(".content").evaluate((content) => content.scrollTo(0, content.scrollHeight));
}

/** What only a click brings. */
const clicked: readonly Scene[] = [
	{
		name: "pressure-open",
		state: states.elevated,
		place: "now",
		act: (page) => page.getByRole("button", { name: /^Memory pressure/ }).click(),
	},
	{
		name: "now-hover",
		state: states.now,
		place: "now",
		act: (page) => page.getByRole("listitem").filter({ hasText: "qwen2.5-coder" }).first().hover(),
	},
	{
		name: "keyboard",
		state: states.now,
		place: "now",
		act: async (page) => {
			await page.keyboard.press("3");
			await page.keyboard.press("ArrowRight");
			await page.keyboard.press("ArrowRight");
		},
	},
	{
		name: "pull-form",
		state: states.pull,
		place: "now",
		act: async (page) => {
			await page.getByRole("button", { name: "Pull a model by name" }).click();
			await page.getByRole("textbox", { name: "Model name" }).fill("qwen3:8b");
		},
	},
	{ name: "ghost-fits", state: states.now, place: "now", act: pointAt("granite3.2-vision") },
	{ name: "ghost-swap", state: states.now, place: "now", act: pointAt("llama3.1") },
	{ name: "ghost-over", state: states.now, place: "now", act: pointAt("deepcoder") },
	{ name: "ghost-beyond", state: states.now, place: "now", act: pointAt("mistral-small") },
	{
		name: "load-choice",
		state: states.now,
		place: "now",
		act: (page) =>
			installedRow(page, "deepcoder")
				.getByRole("button", { name: /^Load / })
				.click(),
	},
	{ name: "load-contexts", state: states.now, place: "now", act: openMenu },
	{
		name: "delete",
		state: states.now,
		place: "now",
		act: async (page) => {
			await openMenu(page);
			await page.getByRole("menuitem", { name: /delete/i }).click();
		},
	},
	{ name: "settings-more", state: states.settings, place: "settings", act: scrollDown },
	{ name: "settings-browser-more", state: states["settings-browser"], place: "settings", act: scrollDown },
	{ name: "settings-approval-more", state: states["settings-approval"], place: "settings", act: scrollDown },
	{
		name: "welcome-2",
		state: states.welcome,
		place: "now",
		act: (page) => page.getByRole("button", { name: "Next" }).click(),
	},
	{
		name: "welcome-3",
		state: states.welcome,
		place: "now",
		act: async (page) => {
			await page.getByRole("button", { name: "Next" }).click();
			await page.getByRole("button", { name: "Next" }).click();
		},
	},
	{ name: "zoom-200", state: states.now, place: "now", textPercent: 200 },
	{ name: "zoom-200-chat", state: states["chat-code"], place: "chat", textPercent: 200 },
	{ name: "zoom-200-settings", state: states.settings, place: "settings", textPercent: 200 },
	{ name: "zoom-200-activity", state: states.activity, place: "activity", textPercent: 200 },
];

/** Every picture of the popover. */
export const scenes: readonly Scene[] = [
	...(Object.keys(states) as StateName[]).map((name) => ({
		name,
		state: states[name],
		place: placeOf(name),
	})),
	...clicked,
];

/** Opens a scene: the popover in its state, after its clicks. */
export async function openScene(
	server: PopoverServer,
	browser: Parameters<PopoverServer["open"]>[0],
	scene: Scene,
	setup: Partial<PopoverSetup> = {},
): Promise<OpenPopover> {
	const open = await server.open(browser, {
		state: scene.state,
		place: scene.place,
		reducedMotion: true,
		answers: {
			history: scene.name === "activity-empty" ? { points: [], events: [] } : hourOfMemory,
			contextChoices: llamaChoices,
		},
		...(scene.textPercent === undefined ? {} : { textPercent: scene.textPercent }),
		...(scene.hanging === undefined ? {} : { hanging: scene.hanging }),
		...setup,
	});
	if (scene.place === "settings") await open.page.locator(".settings").waitFor();
	if (!scene.state.settings.app.welcomed) await open.page.getByRole("button", { name: "Next" }).waitFor();
	await scene.act?.(open.page);
	if (scene.place === "activity" && scene.name !== "activity-empty")
		await open.page.locator("canvas").first().waitFor();
	if (scene.name === "chat-code") await open.page.locator("pre").waitFor();
	return open;
}
