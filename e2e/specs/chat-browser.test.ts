import { rmSync } from "node:fs";
import type { Browser, Page } from "@playwright/test";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { ChatMessage } from "../../shared/chat.ts";
import type { AppState } from "../../shared/state.ts";
import { launchBrowser } from "../fixtures/browser.ts";
import { newDataDir } from "../fixtures/electron-app.ts";
import { cleanUp, end, type Served, type Started, said, startDemo, startServe } from "./processes.ts";

const SMALL = "gemma3:1b";
const VISION = "granite3.2-vision:2b";
const SOON = { timeout: 30_000, interval: 100 };

let demo: Started & { readonly url: string };
let browser: Browser;
let served: Served;
let page: Page;
let dataDir: string;

async function openPage(): Promise<void> {
	page = await browser.newPage({ viewport: { width: 380, height: 600 } });
	page.setDefaultTimeout(15_000);
	await page.goto(await said(served, /(http:\S+\/popover\/#token=\S+)/));
	await page.getByRole("tab", { name: "Chat" }).click();
	await page.getByRole("button", { name: "Conversations" }).waitFor();
}

async function restart(signal: NodeJS.Signals): Promise<void> {
	await page.close();
	await end(served, signal);
	served = await startServe(demo.url, dataDir);
	await openPage();
}

async function chat(): Promise<AppState["chat"]> {
	return ((await page.evaluate("window.plimsoll.snapshot(null)")) as AppState).chat;
}

const last = async (): Promise<ChatMessage | undefined> => (await chat()).messages.at(-1);

async function ask(question: string, model = SMALL): Promise<void> {
	await page.getByRole("combobox", { name: "Model" }).selectOption(model);
	await vi.waitFor(async () => expect((await chat()).model).toBe(model === "" ? null : model), SOON);
	await page.getByRole("textbox", { name: "Your question" }).fill(question);
	await page.keyboard.press("Enter");
	await page.getByRole("textbox", { name: "Your question" }).and(page.locator(":text-is('')")).waitFor();
}

async function answered(): Promise<ChatMessage> {
	return vi.waitFor(async () => {
		const { answering, messages } = await chat();
		const message = messages.at(-1);
		if (answering !== null || message?.role !== "assistant") throw new Error("it still answers");
		return message;
	}, SOON);
}

async function speaking(): Promise<string> {
	return vi.waitFor(async () => {
		const message = await last();
		if (message?.state !== "streaming" || message.text.length < 40) throw new Error("nothing came yet");
		return message.text;
	}, SOON);
}

/** Pastes a text into the question field, as a person does. */
async function pasteText(text: string): Promise<void> {
	await page.evaluate((pasted) => {
		const clipboardData = new DataTransfer();
		clipboardData.setData("text/plain", pasted);
		document
			.getElementById("question")
			?.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
	}, text);
}

/** So many pictures, each of another colour, far larger than they are sent. */
async function pictures(count: number): Promise<{ name: string; mimeType: string; buffer: Buffer }[]> {
	const texts = await page.evaluate((wanted) => {
		return Array.from({ length: wanted }, (_, index) => {
			const canvas = Object.assign(document.createElement("canvas"), { width: 3_000, height: 2_000 });
			const context = canvas.getContext("2d");
			if (context === null) throw new Error("no canvas");
			context.fillStyle = `hsl(${index * 60} 80% 50%)`;
			context.fillRect(0, 0, 3_000, 2_000);
			return canvas.toDataURL("image/png").split(",")[1] ?? "";
		});
	}, count);
	return texts.map((text, index) => ({
		name: `picture-${index + 1}.png`,
		mimeType: "image/png",
		buffer: Buffer.from(text, "base64"),
	}));
}

beforeAll(async () => {
	demo = await startDemo("--load-gb-per-second", "4", "--tokens-per-second", "60");
	browser = await launchBrowser();
	dataDir = newDataDir();
	served = await startServe(demo.url, dataDir);
	await openPage();
});

afterAll(async () => {
	await browser?.close();
	await cleanUp();
	rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

describe("the chat in a browser, in front of a demo engine", () => {
	it("sends a question to whoever the router chose, and says who and why", async () => {
		await ask("Write a Python function that sorts a list of dictionaries by a key", "");
		const { route, model } = await answered();
		expect(route?.member?.model).toBe(model);
		await page.getByRole("button", { name: /^Auto →/ }).press("Enter");
		await page.getByText(/^It is about/).waitFor();
		await page.locator(".candidate.is-taken").waitFor();
	});

	it("finds a Japanese conversation by two and by three characters, and opens it by keyboard", async () => {
		await page.keyboard.press("Control+n");
		await ask("船はなぜ海に浮くのですか。喫水線とは何ですか。");
		await answered();
		await page.keyboard.press("Control+n");
		for (const typed of ["喫水", "喫水線"]) {
			await page.getByRole("button", { name: "Conversations" }).click();
			const field = page.getByRole("searchbox", { name: "Search conversations" });
			await field.fill(typed);
			await page.locator("mark", { hasText: typed }).waitFor();
			await page.keyboard.press("ArrowDown");
			await page.keyboard.press("Enter");
			await field.waitFor({ state: "hidden" });
			await page.getByRole("log").getByText("船はなぜ海に浮くのですか").first().waitFor();
			if (typed === "喫水") await page.keyboard.press("Control+n");
		}
	});

	it("takes five pictures from files, scaled, and refuses HEIC with a sentence", async () => {
		await page.keyboard.press("Control+n");
		const chooser = page.locator("input[type=file]");
		await chooser.setInputFiles(await pictures(5));
		await vi.waitFor(async () => expect((await chat()).attached).toHaveLength(5), SOON);
		expect((await chat()).attached[0]).toMatchObject({
			name: "picture-1.png",
			widthPx: 1568,
			heightPx: 1045,
		});
		await chooser.setInputFiles({
			name: "IMG_0001.HEIC",
			mimeType: "image/heic",
			buffer: Buffer.from("\0\0\0\x20ftypheic"),
		});
		await page.getByText("IMG_0001.HEIC is a HEIC picture, which cannot be read here.").waitFor();
		await page.getByRole("button", { name: "Remove picture-5.png" }).click();
		await vi.waitFor(async () => expect((await chat()).attached).toHaveLength(4), SOON);
		await page.reload();
		await page.getByRole("tab", { name: "Chat" }).click();
		await expect
			.poll(() =>
				page
					.getByRole("list", { name: /^Pictures/ })
					.getByRole("listitem")
					.count(),
			)
			.toBe(4);
		await ask("What is this?", VISION);
		expect((await answered()).text).toContain("4 images");
		await expect
			.poll(() =>
				page
					.locator(".said img")
					.evaluateAll((all) => all.map((each) => (each as HTMLImageElement).naturalWidth)),
			)
			.toEqual([1568, 1568, 1568, 1568]);
	});

	it("takes a pasted and a dropped picture, and leaves pasted text alone", async () => {
		await page.keyboard.press("Control+n");
		const [first, second] = await pictures(2);
		const give = (event: "paste" | "drop", data: string) =>
			page.evaluate(
				([kind, base64]) => {
					const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
					const transfer = new DataTransfer();
					transfer.items.add(new File([bytes], "image.png", { type: "image/png" }));
					const field = document.getElementById("question") ?? document.body;
					const happening =
						kind === "paste"
							? new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true })
							: new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true });
					field.dispatchEvent(happening);
				},
				[event, data] as const,
			);
		await give("paste", first?.buffer.toString("base64") ?? "");
		await vi.waitFor(async () => expect((await chat()).attached).toHaveLength(1), SOON);
		await give("drop", second?.buffer.toString("base64") ?? "");
		await vi.waitFor(async () => expect((await chat()).attached).toHaveLength(2), SOON);
		for (const left of [1, 0]) {
			await page.getByRole("button", { name: "Remove Picture" }).first().press("Enter");
			await vi.waitFor(async () => expect((await chat()).attached).toHaveLength(left), SOON);
		}
	});

	it("stays usable with a megabyte pasted, and says that it does not fit the context", async () => {
		await page.keyboard.press("Control+n");
		const paste = `${"2026-05-12 14:08:20 warn: disk is slow\n".repeat(27_000)}Why?`;
		expect(paste.length).toBeGreaterThan(1024 ** 2);
		const field = page.getByRole("textbox", { name: "Your question" });
		await pasteText(paste);
		await page.getByText(/^A pasted text of 1,0/).waitFor();
		const typingMs = performance.now();
		await field.pressSequentially("ing");
		expect(performance.now() - typingMs).toBeLessThan(3_000);
		await field.fill("");
		await page.getByRole("button", { name: "Remove the pasted text" }).click();
		await pasteText(paste);
		const beganMs = performance.now();
		await page.getByRole("button", { name: "Send" }).click();
		const answer = await answered();
		expect(answer).toMatchObject({ state: "broken", error: { code: "question-too-long" } });
		await page.getByRole("button", { name: /^Show more/ }).waitFor();
		await page.getByRole("textbox", { name: "Your question" }).fill("Still here?");
		expect(performance.now() - beganMs).toBeLessThan(15_000);
		expect((await chat()).messages[0]?.text).toBe(paste);
		await page.getByRole("textbox", { name: "Your question" }).fill("");
	});

	it("keeps what was shown when Plimsoll is killed in mid-answer", async () => {
		await page.keyboard.press("Control+n");
		await ask("Tell me a story of 2000 words");
		await speaking();
		await page.waitForTimeout(1_200);
		const shown = (await last())?.text ?? "";
		await restart("SIGKILL");
		const { messages } = await chat();
		expect(messages.at(-1)).toMatchObject({ state: "broken", error: { code: "answer-interrupted" } });
		const kept = messages.at(-1)?.text ?? "";
		// What came in the last half second may be missing: at 60 tokens a second some 200 characters.
		expect(kept.length).toBeGreaterThan(shown.length - 400);
		expect(shown.startsWith(kept) || kept.startsWith(shown)).toBe(true);
		await page.getByText("Plimsoll ended while this answer was coming.").waitFor();
		await page.getByRole("button", { name: "Ask again" }).first().click();
		await speaking();
		await page.keyboard.press("Control+.");
		expect(await answered()).toMatchObject({ state: "stopped" });
	});

	it("deletes a conversation and takes that back by key", async () => {
		const { conversations, title } = await chat();
		await page.getByRole("button", { name: "Title, instructions, export" }).click();
		await page.getByRole("button", { name: "Delete", exact: true }).click();
		await page.getByText(/^Deleted/).waitFor();
		expect((await chat()).conversations).toBe(conversations - 1);
		await page.getByRole("tab", { name: "Chat" }).focus();
		await page.keyboard.press("Control+z");
		await vi.waitFor(
			async () => expect(await chat()).toMatchObject({ conversations, title, deleted: null }),
			SOON,
		);
	});

	it("renames a conversation and saves it as Markdown", async () => {
		await page.getByRole("button", { name: "Title, instructions, export" }).click();
		await page.getByRole("textbox", { name: "Title" }).fill("A story of the sea");
		await page.keyboard.press("Enter");
		await page.getByRole("heading", { name: "A story of the sea" }).waitFor();
		await page.getByRole("button", { name: "Title, instructions, export" }).click();
		const [download] = await Promise.all([
			page.waitForEvent("download"),
			page.getByRole("button", { name: "Save as Markdown" }).click(),
		]);
		expect(download.suggestedFilename()).toBe("A-story-of-the-sea.md");
		const parts: Buffer[] = [];
		for await (const part of await download.createReadStream()) parts.push(part as Buffer);
		const text = Buffer.concat(parts).toString("utf8");
		expect(text).toContain("# A story of the sea");
		expect(text).toContain("> Tell me a story of 2000 words");
	});
});
