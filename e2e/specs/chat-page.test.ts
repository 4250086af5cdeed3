import { describe, expect, it } from "vitest";
import type { AppState } from "../../shared/state.ts";
import { said } from "../../shared/testing/build-state.ts";
import type { OpenPopover, PopoverSetup } from "../screens/popover-page.ts";
import { states } from "../screens/states.ts";
import { testPopovers } from "./test-popovers.ts";

const popovers = testPopovers();

async function withPage(
	state: AppState,
	steps: (open: OpenPopover) => Promise<void>,
	setup: Partial<PopoverSetup> = {},
): Promise<void> {
	const open = await popovers.open({ state, place: "chat", reducedMotion: true, ...setup });
	try {
		await open.page.getByRole("button", { name: "Conversations" }).waitFor();
		await steps(open);
	} finally {
		await open.close();
	}
}

/** Goes on with Tab until what has the focus is called so. Fails after a whole round. */
async function tabTo({ page }: OpenPopover, name: RegExp): Promise<void> {
	for (let count = 0; count < 60; count += 1) {
		await page.keyboard.press("Tab");
		const focused = await page.evaluate(() => {
			const element = document.activeElement;
			return element?.getAttribute("aria-label") ?? element?.textContent ?? "";
		});
		if (name.test(focused)) return;
	}
	throw new Error(`nothing called ${name} is reached by Tab`);
}

/** Opens the reasons by key; they come as a part of their own. */
async function openReasons(open: OpenPopover, key: "Enter" | "Space"): Promise<void> {
	await tabTo(open, /^Auto →/);
	await open.page.keyboard.press(key);
	await open.page.getByText(/^It is about coding/).waitFor();
}

const callsOf = async (open: OpenPopover) =>
	(await open.calls()).filter(({ name }) => name !== "picture" && name !== "keepDraft");

describe("why who answers, by keyboard alone", () => {
	it("is opened, and another member is asked once", () =>
		withPage(states["chat-routed"], async (open) => {
			await openReasons(open, "Enter");
			await tabTo(open, /^Answer with gemma3 4b$/);
			await open.page.keyboard.press("Enter");
			expect(await callsOf(open)).toEqual([{ name: "retryAnswer", argument: { member: "gemma" } }]);
		}));

	it("keeps a member for the conversation, and leaves it to the router again", () =>
		withPage(states["chat-routed"], async (open) => {
			await openReasons(open, "Space");
			const member = states["chat-routed"].chat.messages[1]?.route?.member?.id ?? "";
			await tabTo(open, /^Keep .* for this conversation$/);
			await open.page.keyboard.press("Enter");
			await open.change((state) => ({ ...state, chat: { ...state.chat, member } }));
			await open.page
				.getByRole("button", { name: /^Keep .* for this conversation$/, pressed: true })
				.waitFor();
			await open.page.keyboard.press("Enter");
			expect(await callsOf(open)).toEqual([
				{ name: "chooseAnswerer", argument: { member } },
				{ name: "chooseAnswerer", argument: { member: null } },
			]);
		}));

	it("is corrected: the question was about something else", () =>
		withPage(states["chat-routed"], async (open) => {
			await openReasons(open, "Enter");
			await tabTo(open, /^Wrong topic\?$/);
			await open.page.keyboard.press("Enter");
			await tabTo(open, /^writing$/);
			await open.page.keyboard.press("Enter");
			const messageId = states["chat-routed"].chat.messages[1]?.id;
			expect(await callsOf(open)).toEqual([
				{ name: "correctRoute", argument: { messageId, domain: "writing" } },
			]);
		}));
});

describe("conversations, by keyboard alone", () => {
	it("are opened, deleted and taken back", () =>
		withPage(states["chat-code"], async (open) => {
			await tabTo(open, /^Conversations$/);
			await open.page.keyboard.press("Enter");
			await open.page.getByRole("searchbox").waitFor();
			for (const key of ["ArrowDown", "ArrowDown", "Backspace", "ArrowDown", "Enter"])
				await open.page.keyboard.press(key);
			expect(await callsOf(open)).toEqual([
				{ name: "deleteConversation", argument: { id: "conversation-2" } },
				{ name: "openConversation", argument: { id: "conversation-3" } },
			]);
		}));

	it("a question is edited and asked anew; Escape leaves it as it was", () =>
		withPage(states["chat-code"], async (open) => {
			const question = states["chat-code"].chat.messages[0];
			await tabTo(open, /^Edit the question$/);
			await open.page.keyboard.press("Enter");
			await open.page.keyboard.press("Escape");
			await tabTo(open, /^Edit the question$/).catch(() => undefined);
			await open.page.getByRole("button", { name: "Edit the question" }).press("Enter");
			const field = open.page.getByRole("textbox", { name: "Edit the question" });
			await field.fill("In TypeScript, please");
			await open.page.keyboard.press("Enter");
			expect(await callsOf(open)).toEqual([
				{ name: "editQuestion", argument: { messageId: question?.id, text: "In TypeScript, please" } },
			]);
		}));

	it("messages that are paged in stand above the others, and what is read stays where it is", () => {
		const earlier = Array.from({ length: 60 }, (_, index) =>
			said(index % 2 === 0 ? "user" : "assistant", `Earlier message ${index}`, { id: `earlier-${index}` }),
		);
		const leftOut = states["chat-left-out"];
		const long = leftOut.chat.messages.map((message) =>
			message.role === "assistant" ? { ...message, text: "About sorting a list. ".repeat(300) } : message,
		);
		return withPage(
			{ ...leftOut, chat: { ...leftOut.chat, messages: long } },
			async (open) => {
				await open.page.locator(".prose p").first().waitFor();
				await open.page.locator(".content").evaluate((content) => content.scrollTo(0, 0));
				const asked = open.page.getByText("And what did I ask first?");
				const before = (await asked.boundingBox())?.y ?? 0;
				await open.page.getByRole("button", { name: "Show earlier messages (1,412)" }).press("Enter");
				await open.page.getByRole("button", { name: "Show earlier messages (1,352)" }).waitFor();
				expect(await open.page.getByText(/^Earlier message/).count()).toBe(60);
				const view = await open.page.locator(".content").evaluate((content) => content.scrollTop);
				expect(view).toBeGreaterThan(1_000);
				expect(Math.abs(((await asked.boundingBox())?.y ?? 0) - before)).toBeLessThan(60);
			},
			{ answers: { earlierMessages: earlier } },
		);
	});
});

describe("a reply of 2,000 lines of code", () => {
	it(
		"can be read, left and followed while it comes, and is copied whole",
		() =>
			withPage(
				states["chat-streaming"],
				async (open) => {
					const line = "    rows.append(sorted(row, key=lambda each: each.name or 'nobody'))\n";
					let text = "Here it is.\n\n```python\n";
					let longestMs = 0;
					const show = async (more: string, state: "streaming" | "done") => {
						text += more;
						const beganMs = performance.now();
						await open.change((now) => ({
							...now,
							chat: {
								...now.chat,
								answering: state === "done" ? null : now.chat.answering,
								messages: now.chat.messages.map((message) =>
									message.role === "assistant" ? { ...message, text, state } : message,
								),
							},
						}));
						await open.page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => drawn(null))));
						longestMs = Math.max(longestMs, performance.now() - beganMs);
					};
					for (let lines = 0; lines < 2_000; lines += 50) await show(line.repeat(50), "streaming");
					// In the pace at which core tells of it (40 ms) a redraw may take a few of its turns, not seconds.
					expect(longestMs).toBeLessThan(1_000);
					await show("```\n\nThat is all.", "done");
					await open.page.getByText("That is all.").waitFor();
					await open.page.getByText(/2000 lines|2,000 lines/).waitFor();
					const copied = open.page.evaluate(
						() =>
							new Promise<string>((resolve) => {
								Object.defineProperty(navigator, "clipboard", {
									value: { writeText: async (all: string) => resolve(all) },
								});
							}),
					);
					await open.page.getByRole("button", { name: "Copy", exact: true }).click();
					expect((await copied).split("\n")).toHaveLength(2_000);
					await open.page.getByRole("textbox", { name: "Your question" }).fill("Thanks");
				},
				{ frozen: false },
			),
		60_000,
	);
});
