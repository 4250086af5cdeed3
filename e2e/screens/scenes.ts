import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import type { CallResult, PopoverPlace } from "../../shared/ipc.ts";
import type { AppState } from "../../shared/state.ts";
import { NOW } from "../../shared/testing/build-state.ts";
import type { OpenPopover, PopoverServer, PopoverSetup } from "./popover-page.ts";
import {
	firstMinutesOfMemory,
	fitAnswers,
	foundConversations,
	hourOfMemory,
	llamaChoices,
	type StateName,
	states,
} from "./states.ts";

/** A picture of a form, as core gives it. */
const FORM_PICTURE = readFileSync(new URL("../fixtures/form.jpg", import.meta.url)).toString("base64");

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
	if (name.startsWith("team")) return "team";
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

/** Asks for the end of the process that is left over, down to the question. */
async function askToEndRunner(page: Page): Promise<void> {
	await page.getByRole("button", { name: "End its process" }).click();
	await page
		.getByRole("group", { name: /^End process/ })
		.evaluate((question) => question.scrollIntoView({ block: "center" }));
	// What lies under the pointer after the scrolling is not what was pointed at.
	await page.mouse.move(0, 0);
}

/** Opens the menu and goes to one of its contexts. */
function weighContext(name: RegExp): (page: Page) => Promise<void> {
	return async (page) => {
		await openMenu(page);
		await page.getByRole("menuitem", { name }).hover();
	};
}

async function openReasons(page: Page): Promise<void> {
	await page.getByRole("button", { name: /^Auto →/ }).click();
	await page.getByText("Not installed").waitFor();
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
	{ name: "end-runner", state: states.oddities, place: "now", act: askToEndRunner },
	{
		name: "end-runner-stuck",
		state: states["flush-partial"],
		place: "now",
		act: (page) => page.getByRole("button", { name: "End its process" }).click(),
	},
	{
		name: "zoom-200-end-runner",
		state: states.oddities,
		place: "now",
		act: askToEndRunner,
		textPercent: 200,
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
	{ name: "load-context-over", state: states.now, place: "now", act: weighContext(/128K/) },
	{
		name: "load-context-choice",
		state: states.now,
		place: "now",
		act: async (page) => {
			await openMenu(page);
			await page.getByRole("menuitem", { name: /128K/ }).click();
		},
	},
	{
		name: "reload-contexts",
		state: states.now,
		place: "now",
		act: async (page) => {
			const row = page.getByRole("listitem").filter({ hasText: "qwen2.5-coder" }).first();
			await row.hover();
			await row.getByRole("button", { name: /^More for/ }).click();
			await page.getByRole("menuitem", { name: /32K/ }).hover();
		},
	},
	{ name: "zoom-200-contexts", state: states.now, place: "now", act: openMenu, textPercent: 200 },
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
	{
		name: "settings-models",
		state: states.settings,
		place: "settings",
		act: (page) =>
			page
				.getByText("Let the router go over the line")
				.evaluate((row) => row.scrollIntoView({ block: "center" })),
	},
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
	{ name: "chat-route", state: states["chat-routed"], place: "chat", act: openReasons },
	{
		name: "chat-wrong-topic",
		state: states["chat-routed"],
		place: "chat",
		act: async (page) => {
			await openReasons(page);
			await page.getByRole("button", { name: "Wrong topic?" }).click();
		},
	},
	{
		name: "chat-list",
		state: states["chat-code"],
		place: "chat",
		act: async (page) => {
			await page.getByRole("button", { name: "Conversations" }).click();
			await page.keyboard.press("ArrowDown");
		},
	},
	{
		name: "chat-search",
		state: states["chat-code"],
		place: "chat",
		act: async (page) => {
			await page.getByRole("button", { name: "Conversations" }).waitFor();
			await page.keyboard.press("Control+f");
			await page.getByRole("searchbox").fill("sort");
			await page.locator("mark").first().waitFor();
		},
	},
	{
		name: "chat-tools",
		state: states["chat-code"],
		place: "chat",
		act: async (page) => {
			await page.getByRole("button", { name: "Title, instructions, export" }).click();
			await page.getByRole("textbox", { name: "Title" }).waitFor();
		},
	},
	{
		name: "chat-edit",
		state: states["chat-code"],
		place: "chat",
		act: (page) => page.getByRole("button", { name: "Edit the question" }).click(),
	},
	{
		name: "team-edit",
		state: states.team,
		place: "team",
		act: (page) => page.getByRole("button", { name: "Edit deepcoder:14b" }).click(),
	},
	{
		name: "team-pull",
		state: states.team,
		place: "team",
		act: (page) => page.getByRole("button", { name: /^Pull qwen2.5 14b/ }).click(),
	},
	{ name: "team-corrections", state: states.team, place: "team", act: scrollDown },
	{ name: "zoom-200-team", state: states.team, place: "team", textPercent: 200 },
	{ name: "zoom-200", state: states.now, place: "now", textPercent: 200 },
	{ name: "zoom-200-chat-list", state: states["chat-empty"], place: "chat", textPercent: 200 },
	{ name: "zoom-200-route", state: states["chat-routed"], place: "chat", textPercent: 200, act: openReasons },
	{ name: "zoom-200-chat", state: states["chat-code"], place: "chat", textPercent: 200 },
	{ name: "zoom-200-settings", state: states.settings, place: "settings", textPercent: 200 },
	{ name: "zoom-200-activity", state: states.activity, place: "activity", textPercent: 200 },
];

/** What the team's page is told of corrections. */
const keptCorrections: CallResult<"corrections"> = {
	corrections: [
		{
			id: 2,
			at: NOW - 3_600_000,
			prompt: "Make this table sort by the second column",
			domain: "coding",
			was: "writing",
		},
		{
			id: 1,
			at: NOW - 7_200_000,
			prompt: "Why is the sky dark at night?",
			domain: "reasoning",
			was: "general",
		},
	],
	days: [{ at: NOW - 86_400_000, routed: 41, corrected: 2 }],
};

/** Every picture of the popover. */
export const scenes: readonly Scene[] = [
	...(Object.keys(states) as StateName[]).map((name) => ({
		name,
		state: states[name],
		place: placeOf(name),
	})),
	...clicked,
];

/** Waits until every part that is shown has come with its script. */
function partsThere(page: Page): Promise<void> {
	return page.locator("[data-coming]").first().waitFor({ state: "detached" });
}

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
			history: scene.name === "activity-empty" ? firstMinutesOfMemory : hourOfMemory,
			contextChoices: llamaChoices,
			modelsDisk: 118 * 1024 ** 3,
			corrections: keptCorrections,
			searchConversations: foundConversations,
			picture: FORM_PICTURE,
		},
		answersTo: { ...fitAnswers(scene.state, "llama3.1:8b"), ...fitAnswers(scene.state, "qwen2.5-coder:7b") },
		...(scene.textPercent === undefined ? {} : { textPercent: scene.textPercent }),
		...(scene.hanging === undefined ? {} : { hanging: scene.hanging }),
		...setup,
	});
	if (scene.place === "chat") await open.page.locator(".chat-bar").waitFor();
	if (scene.place === "team") await open.page.locator(".settings .group").nth(1).waitFor();
	if (scene.place === "settings") await open.page.locator(".settings").waitFor();
	if (!scene.state.settings.app.welcomed) await open.page.getByRole("button", { name: "Next" }).waitFor();
	await partsThere(open.page);
	await scene.act?.(open.page);
	await partsThere(open.page);
	if (scene.place === "activity") await open.page.locator("canvas").first().waitFor();
	if (scene.name.startsWith("chat-") && scene.state.chat.messages.some(({ state }) => state === "done"))
		await open.page.waitForLoadState("networkidle");
	if (scene.name === "chat-code") await open.page.locator("pre").waitFor();
	return open;
}
