import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "@playwright/test";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { AppState } from "../../shared/state.ts";
import { cleanUp, end, type Started, startDemo } from "./processes.ts";

/** A Plimsoll whose popover can be opened and taken away. */
export interface FlowLane {
	readonly dataDir: string;
	/** Shows the popover; resolves to its page. */
	open(): Promise<Page>;
	/** Takes the popover away together with its page, as a closed tab or the long rest of a hidden window does. */
	takeAway(): Promise<void>;
	/** Ends Plimsoll in order and starts it again over the same data folder. */
	restart(): Promise<void>;
	end(): Promise<void>;
}

/** Starts a Plimsoll in front of an engine, with the first-run steps seen. */
export type OpenLane = (engine: string) => Promise<FlowLane>;

const SMALL = "gemma3:1b";
const LARGE = "gemma3:4b";
/** What the popover says while the engine is away, on a machine with or without an installed Ollama. */
const AWAY = /^(No answer from Ollama since|Ollama is not)/;
const SPEED = ["--load-gb-per-second", "1", "--tokens-per-second", "30", "--pull-gb-per-second", "0.5"];

/** What the popover knows. */
async function stateOf(page: Page): Promise<AppState> {
	return (await page.evaluate("window.plimsoll.snapshot(null)")) as AppState;
}

function buttonFor(page: Page, label: RegExp | string): Locator {
	return page.getByRole("button", { name: label });
}

/** The row of a loaded model, by the name its buttons carry. */
function loadedRow(page: Page, spoken: string): Locator {
	return page
		.getByRole("list", { name: "Loaded models" })
		.getByRole("listitem")
		.filter({ has: page.getByRole("button", { name: new RegExp(`^(Unload|Pin|Unpin) ${spoken}`) }) });
}

async function tab(page: Page, name: "Now" | "Chat"): Promise<void> {
	await page.getByRole("tab", { name }).click();
}

/** Waits until the engine lists exactly these models as loaded, none of them on its way. */
async function loaded(page: Page, models: readonly string[]): Promise<void> {
	await vi.waitFor(
		async () => {
			const state = await stateOf(page);
			expect(state.operations).toEqual([]);
			expect(state.loaded.map((each) => each.name).sort()).toEqual([...models].sort());
		},
		{ timeout: 30_000, interval: 100 },
	);
}

async function ask(page: Page, model: string, question: string): Promise<void> {
	await page.getByRole("combobox", { name: "Model" }).selectOption(model);
	await page.getByRole("textbox", { name: "Your question" }).fill(question);
	await page.keyboard.press("Enter");
}

/** The newest answer, as core has it. */
async function lastAnswer(page: Page) {
	return (await stateOf(page)).chat.messages.at(-1);
}

async function answered(page: Page): Promise<string> {
	return vi.waitFor(
		async () => {
			const message = await lastAnswer(page);
			expect([message?.role, message?.state]).toEqual(["assistant", "done"]);
			return message?.text ?? "";
		},
		{ timeout: 30_000, interval: 100 },
	);
}

/** The main job of the popover. Every lane that shows it does all of this, in this order, in one Plimsoll. */
export function describeFlows(title: string, openLane: OpenLane): void {
	describe(`the popover in ${title}`, () => {
		let engine: Started & { readonly url: string };
		let lane: FlowLane;
		let page: Page;

		/** A step that does not come within this time fails by its own name, not by the test's. */
		async function openPage(): Promise<Page> {
			const opened = await lane.open();
			opened.setDefaultTimeout(15_000);
			return opened;
		}

		beforeAll(async () => {
			engine = await startDemo(...SPEED);
			lane = await openLane(engine.url);
			page = await openPage();
		});
		afterAll(async () => {
			await lane?.end();
			await cleanUp();
		});

		it("shows what is installed once the engine answers", async () => {
			await buttonFor(page, "Load gemma3 1b").waitFor();
			expect(await page.getByRole("list", { name: "Loaded models" }).locator("[data-model]").count()).toBe(0);
		});

		it("loads a model with one click, shows it coming, and lists it with what it takes", async () => {
			await buttonFor(page, "Load gemma3 1b").click();
			await page
				.getByText(/Loading/)
				.first()
				.waitFor();
			await loaded(page, [SMALL]);
			await loadedRow(page, "gemma3 1b").waitFor();
			expect(await loadedRow(page, "gemma3 1b").innerText()).toMatch(/\d/);
		});

		it("answers a question with the chosen model, word by word", async () => {
			await ask(page, SMALL, "Why is the sky blue?");
			await page.getByRole("log", { name: "Conversation" }).getByText("Why is the sky blue?").waitFor();
			const text = await answered(page);
			expect(text.length).toBeGreaterThan(20);
			await page.getByRole("article").getByText(text.split(/\s+/).slice(0, 3).join(" ")).first().waitFor();
		});

		it("stops an answer and keeps what came", async () => {
			await ask(page, SMALL, "Tell me a very long story.");
			await vi.waitFor(async () => expect((await lastAnswer(page))?.text ?? "").not.toBe(""), {
				timeout: 20_000,
			});
			await buttonFor(page, "Stop the answer").click();
			await vi.waitFor(async () => expect((await lastAnswer(page))?.state).toBe("stopped"));
			expect((await lastAnswer(page))?.text).not.toBe("");
		});

		it("flushes with one click, says what came back, and puts it back", async () => {
			await tab(page, "Now");
			await buttonFor(page, /^Flush/).click();
			await loaded(page, []);
			await page.getByText(/1 model unloaded, .* came back/).waitFor();
			await page.getByText("Proved: its process has ended.").waitFor();
			await buttonFor(page, /^Put back/).click();
			await loaded(page, [SMALL]);
		});

		it("goes on loading while it is away, and shows the load when it is opened again", async () => {
			await buttonFor(page, "Load gemma3 4b").click();
			await vi.waitFor(async () => expect((await stateOf(page)).operations[0]?.state).toBe("running"));
			await lane.takeAway();
			page = await openPage();
			await page
				.getByText(/Loading/)
				.first()
				.waitFor();
			await loaded(page, [SMALL, LARGE]);
			await loadedRow(page, "gemma3 4b").waitFor();
		});

		it("goes on answering while it is away, and has the whole answer when it is opened again", async () => {
			await ask(page, LARGE, "Tell me about ships.");
			await vi.waitFor(async () => expect((await lastAnswer(page))?.text ?? "").not.toBe(""), {
				timeout: 20_000,
			});
			const before = (await lastAnswer(page))?.text ?? "";
			await lane.takeAway();
			page = await openPage();
			await tab(page, "Chat");
			const text = await answered(page);
			expect(text.startsWith(before)).toBe(true);
			expect(text.length).toBeGreaterThan(before.length);
			await page.getByRole("log", { name: "Conversation" }).getByText("Tell me about ships.").waitFor();
		});

		it("pulls a model by its name, shows how far it is, and stops when told to", async () => {
			await tab(page, "Now");
			await buttonFor(page, "Pull a model by name").click();
			await page.getByRole("textbox", { name: "Model name" }).fill("phi4:14b");
			await buttonFor(page, "Pull")
				.and(page.getByText("Pull", { exact: true }))
				.click();
			const pulls = page.getByRole("list", { name: "Models being pulled" });
			await pulls.getByText(/GB/).first().waitFor();
			await buttonFor(page, "Cancel pulling phi4 14b").click();
			await pulls.getByText("Cancelled").waitFor();
			expect((await stateOf(page)).installed.map((each) => each.name)).not.toContain("phi4:14b");
			await buttonFor(page, "Take phi4 14b off the list").click();
			await pulls.waitFor({ state: "detached" });
		});

		it("deletes a model that is loaded, unloading it first", async () => {
			await buttonFor(page, "More for gemma3 4b").click();
			await page.getByRole("menuitem", { name: /Delete from disk/ }).click();
			await page
				.getByRole("group", { name: "Delete gemma3 4b" })
				.getByRole("button", { name: "Delete" })
				.click();
			await loaded(page, [SMALL]);
			await vi.waitFor(async () =>
				expect((await stateOf(page)).installed.map((each) => each.name)).not.toContain(LARGE),
			);
			await loadedRow(page, "gemma3 4b").waitFor({ state: "detached" });
		});

		it("deletes an installed model after asking", async () => {
			await buttonFor(page, "More for llama3.2 3b").click();
			await page.getByRole("menuitem", { name: /Delete from disk/ }).click();
			const question = page.getByRole("group", { name: "Delete llama3.2 3b" });
			await question.getByRole("button", { name: "Delete" }).click();
			await buttonFor(page, "Load llama3.2 3b").waitFor({ state: "detached" });
			await vi.waitFor(async () =>
				expect((await stateOf(page)).installed.map((each) => each.name)).not.toContain("llama3.2:3b"),
			);
		});

		it("takes settings that were changed by hand", async () => {
			const file = join(lane.dataDir, "settings.json");
			const settings = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
			writeFileSync(file, JSON.stringify({ ...settings, language: "de" }));
			await page.getByRole("tab", { name: "Jetzt" }).waitFor();
			writeFileSync(file, JSON.stringify({ ...settings, language: "en" }));
			await page.getByRole("tab", { name: "Now" }).waitFor();
		});

		it("says that the engine went away, and carries on by itself when it is back", async () => {
			const { port } = new URL(engine.url);
			await end(engine, "SIGKILL");
			const gone = page.getByRole("heading", { name: AWAY });
			await gone.waitFor();
			engine = await startDemo(...SPEED, "--port", port);
			await gone.waitFor({ state: "detached" });
			await loaded(page, []);
			await buttonFor(page, "Load gemma3 1b").click();
			await loaded(page, [SMALL]);
		});

		it("finds the loaded models and the settings again after Plimsoll was ended and started", async () => {
			await page.evaluate("window.plimsoll.changeSettings({ residency: { keepFreeGb: 2 } })");
			await lane.restart();
			page = await openPage();
			await loaded(page, [SMALL]);
			await loadedRow(page, "gemma3 1b").waitFor();
			expect((await stateOf(page)).settings.residency.keepFreeGb).toBe(2);
		});
	});
}
