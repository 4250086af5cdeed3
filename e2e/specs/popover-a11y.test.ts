import { describe, expect, it } from "vitest";
import type { AppState } from "../../shared/state.ts";
import type { OpenPopover, PopoverSetup, RecordedCall } from "../screens/popover-page.ts";
import { fitAnswers, llamaChoices, states } from "../screens/states.ts";
import { testPopovers } from "./test-popovers.ts";

const popovers = testPopovers();

describe("the popover for a screen reader", () => {
	it("says the hull in one sentence with every figure", async () => {
		const open = await popovers.open({ state: states.now });
		try {
			const label = (await open.page.getByRole("img").first().getAttribute("aria-label")) ?? "";
			for (const part of [
				"18.0\u00a0GB",
				"Other apps 6.1\u00a0GB",
				"gemma3",
				"1.5\u00a0GB",
				"qwen2.5-coder",
				"5.2\u00a0GB",
			])
				expect(label).toContain(part);
		} finally {
			await open.close();
		}
	});

	it("names verb, model and size on the buttons that are only a picture", async () => {
		const open = await popovers.open({ state: states.now });
		try {
			await open.page.getByRole("button", { name: "Unload qwen2.5-coder 7b, 5.2\u00a0GB" }).waitFor();
			await open.page
				.getByRole("button", { name: /^Unload gemma3 1b after its (?:reply|answer), 1.5/ })
				.waitFor();
		} finally {
			await open.close();
		}
	});
});

/** Opens a popover, walks it, and tells which calls it made. */
async function walk(
	state: AppState,
	steps: (open: OpenPopover) => Promise<void>,
	setup: Partial<PopoverSetup> = {},
): Promise<readonly RecordedCall[]> {
	const open = await popovers.open({ state, reducedMotion: true, ...setup });
	try {
		await steps(open);
		return (await open.calls()).filter(({ name }) => name !== "history");
	} finally {
		await open.close();
	}
}

async function press({ page }: OpenPopover, ...keys: readonly string[]): Promise<void> {
	for (const key of keys) await page.keyboard.press(key);
}

/** Name or text of what has the focus. */
function focused({ page }: OpenPopover): Promise<string> {
	return page.evaluate(
		() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "",
	);
}

describe("the popover by keyboard alone", () => {
	it("goes to every place and back", async () => {
		const calls = await walk(states.now, async (open) => {
			const selected = open.page.getByRole("tab", { selected: true });
			await press(open, "Control+2");
			expect(await selected.textContent()).toBe("Chat");
			await press(open, "Control+3");
			expect(await selected.textContent()).toBe("Activity");
			await press(open, "Control+1");
			expect(await selected.textContent()).toBe("Now");
			await press(open, "Control+,");
			await open.page.getByRole("heading", { name: "Settings", exact: true }).waitFor();
			await press(open, "Escape");
			expect(await selected.textContent()).toBe("Now");
			await press(open, "Escape");
		});
		expect(calls).toEqual([{ name: "closePopover", argument: null }]);
	});

	it("moves through the loaded models, pins and unloads", async () => {
		const { gemma, qwen } = { gemma: states.now.loaded[1], qwen: states.now.loaded[2] };
		const calls = await walk(states.now, async (open) => {
			await press(open, "2");
			expect(await focused(open)).toContain("gemma3");
			await press(open, "p", "ArrowDown");
			expect(await focused(open)).toContain("qwen2.5-coder");
			await press(open, "ArrowRight", "ArrowRight", "ArrowRight");
			expect(await focused(open)).toBe("Unload qwen2.5-coder 7b, 5.2\u00a0GB");
			await press(open, "ArrowLeft", "ArrowLeft", "ArrowLeft");
			expect(await focused(open)).toContain("qwen2.5-coder");
			await press(open, "Backspace");
		});
		expect(calls).toEqual([
			{ name: "pin", argument: { model: gemma?.key, pinned: true } },
			{ name: "unload", argument: { model: qwen?.key } },
		]);
	});

	it("makes a list one stop for Tab and loads with Return", async () => {
		const calls = await walk(states.now, async (open) => {
			await press(open, "1");
			await open.page.getByRole("button", { name: "Pull a model by name" }).focus();
			await press(open, "Tab");
			expect(await focused(open)).toContain("granite3.2-vision");
			await press(open, "ArrowDown", "Enter");
			await press(open, "Tab");
			expect(await focused(open)).not.toContain("Load");
		});
		expect(calls).toEqual([{ name: "load", argument: { model: "mistral:7b" } }]);
	});

	it("chooses a context, and asks before it deletes", async () => {
		const contextChoices = [
			{ contextLength: 4096, footprintBytes: 5.5 * 1024 ** 3, isDefault: true },
			{ contextLength: 32_768, footprintBytes: 9 * 1024 ** 3, isDefault: false },
		];
		const calls = await walk(
			states.now,
			async (open) => {
				const row = open.page.getByRole("list", { name: "Installed models" }).getByRole("listitem").first();
				await row.focus();
				await press(open, "ArrowRight", "ArrowRight", "Enter");
				await open.page.getByRole("menuitem", { name: /32K/ }).waitFor();
				await press(open, "ArrowDown", "Enter");
				await row.focus();
				await press(open, "ArrowRight", "ArrowRight", "Enter");
				await open.page.getByRole("menuitem", { name: /32K/ }).waitFor();
				await press(open, "ArrowUp", "Enter");
				await open.page.getByRole("button", { name: "Delete", exact: true }).focus();
				await press(open, "Enter");
			},
			{ answers: { contextChoices } },
		);
		expect(calls.filter(({ name }) => name !== "contextChoices" && name !== "fit")).toEqual([
			{ name: "load", argument: { model: "granite3.2-vision:2b", contextLength: 32_768 } },
			{ name: "deleteModel", argument: { model: "granite3.2-vision:2b" } },
		]);
	});

	it("weighs a context before it is chosen, says what it comes to, and asks where it is over", async () => {
		const largest = llamaChoices[3];
		const calls = await walk(
			states.now,
			async (open) => {
				const { page } = open;
				const row = page
					.getByRole("list", { name: "Installed models" })
					.getByRole("listitem")
					.filter({ hasText: "llama3.1" });
				await row.focus();
				await press(open, "ArrowRight", "ArrowRight", "Enter");
				await page
					.getByRole("menuitem", { name: "4K, Ollama’s choice unloads 1 about 5.8\u00a0GB" })
					.waitFor();
				await page.getByRole("heading", { name: "Fits if qwen2.5-coder goes" }).waitFor();
				expect(await page.locator(".ghost").textContent()).toContain("5.8\u00a0GB");
				await press(open, "ArrowUp", "ArrowUp");
				expect(await focused(open)).toBe("128K context 13.3\u00a0GB over about 22.0\u00a0GB");
				await page.getByRole("heading", { name: "Would be 13.3\u00a0GB over" }).waitFor();
				await press(open, "Enter");
				await page.getByRole("group", { name: "Load llama3.1 8b" }).waitFor();
				expect(await page.locator(".ghost").count()).toBe(1);
				await page.getByRole("button", { name: "Load anyway" }).focus();
				await press(open, "Enter");
				// The focus is back in the row, which shows what its own button would do.
				expect(await focused(open)).toBe("More for llama3.1 8b");
				await page.getByRole("heading", { name: "Fits if qwen2.5-coder goes" }).waitFor();
			},
			{ answers: { contextChoices: llamaChoices }, answersTo: fitAnswers(states.now, "llama3.1:8b") },
		);
		expect(calls.filter(({ name }) => name === "load")).toEqual([
			{
				name: "load",
				argument: { model: "llama3.1:8b", contextLength: largest.contextLength, force: true },
			},
		]);
	});

	it("flushes and puts back", async () => {
		expect(await walk(states.now, (open) => press(open, "Control+Shift+Backspace"))).toEqual([
			{ name: "flush", argument: null },
		]);
		expect(await walk(states["flush-result"], (open) => press(open, "Control+z"))).toEqual([
			{ name: "putBack", argument: null },
		]);
	});

	it("asks, writes a new line, stops, asks again and begins anew", async () => {
		const asked = await walk(states.now, async (open) => {
			await press(open, "Control+l");
			await open.page.keyboard.type("one");
			await press(open, "Shift+Enter");
			await open.page.keyboard.type("two");
			await press(open, "Enter");
			expect(await open.page.getByRole("tab", { selected: true }).textContent()).toBe("Chat");
		});
		expect(asked).toEqual([{ name: "ask", argument: { text: "one\ntwo" } }]);
		expect(
			await walk(states["chat-streaming"], (open) => press(open, "Control+."), { place: "chat" }),
		).toEqual([{ name: "stopAnswer", argument: null }]);
		expect(await walk(states["chat-code"], (open) => press(open, "Control+r"), { place: "chat" })).toEqual([
			{ name: "retryAnswer", argument: {} },
		]);
		expect(await walk(states["chat-code"], (open) => press(open, "Control+n"), { place: "chat" })).toEqual([
			{ name: "newConversation", argument: null },
		]);
	});

	it("keeps a question that could not be sent", async () => {
		await walk(
			states.now,
			async (open) => {
				await press(open, "Control+l");
				await open.page.keyboard.type("why");
				await press(open, "Enter");
				await open.page.getByRole("alert").waitFor();
				expect(await open.page.getByRole("textbox", { name: "Your question" }).inputValue()).toBe("why");
			},
			{ failures: { ask: { code: "engine-unreachable", params: { url: "http://127.0.0.1:11434" } } } },
		);
	});

	/** Reaches a button by its name and presses Return on it. */
	it.each([
		["keeps a model that drains", states.draining, /^Keep gemma3 1b/, "keep"],
		["cancels a load", states.loading, /^Cancel loading llama3.1/, "cancel"],
		["cancels a pull", states.pull, /^Cancel (?:the pull of|pulling) qwen3 4b/i, "cancelPull"],
		["starts Ollama", states.stopped, "Start Ollama", "startEngine"],
		["tries again at once", states.unreachable, "Try now", "retryEngine"],
		["opens Ollama's page", states.missing, "Get Ollama", "openPlace"],
		["opens the demo", states.missing, "Try the demo", "startDemo"],
	] as const)("%s", async (_name, state, button, call) => {
		const calls = await walk(state, async (open) => {
			const control = open.page.getByRole("button", { name: button }).first();
			await control.focus();
			expect(await control.evaluate((element) => element === document.activeElement)).toBe(true);
			await press(open, "Enter");
		});
		expect(calls.map(({ name }) => name)).toEqual([call]);
	});
});

describe("an answer that means harm", () => {
	const corpus = [
		"<script>document.title='taken'</script>",
		"<img src=x onerror=\"document.title='taken'\">",
		'<iframe srcdoc="<script>parent.document.title=1</script>"></iframe>',
		'<svg onload="document.title=\'taken\'"><a xlink:href="javascript:alert(1)">x</a></svg>',
		"[click](javascript:document.title='taken')",
		"[click](data:text/html,<script>1</script>)",
		"![picture](https://tracker.example/pixel.png)",
		"[ollama.com](https://evil.example/path)",
		'<a href="https://evil.example" target=_blank>here</a>',
		"<style>*{display:none}</style>",
		"<form action=https://evil.example><input name=a></form>",
		"<base href=https://evil.example/>",
		"<meta http-equiv=refresh content='0;url=https://evil.example'>",
		"```html\n<script>document.title='taken'</script>\n```",
		"```\u202e<b>\n```",
		"| a | b |\n|---|---|\n| <img src=x onerror=alert(1)> | ![x](//evil.example/x.png) |",
		"[ref]: javascript:alert(1)\n[ref]",
		"<https://evil.example>",
		'<div id="root"><div class="popover">over everything</div></div>',
	];

	it.each(corpus)("is shown as text and does nothing: %s", async (text) => {
		const state = {
			...states["chat-code"],
			chat: {
				...states["chat-code"].chat,
				messages: states["chat-code"].chat.messages.map((message) =>
					message.role === "assistant" ? { ...message, text: `Before.\n\n${text}\n\nAfter.` } : message,
				),
			},
		};
		const elsewhere: string[] = [];
		const open = await popovers.open({
			state,
			place: "chat",
			prepare: async (page) => {
				page.on("request", (request) => {
					if (!request.url().startsWith(popovers.url())) elsewhere.push(request.url());
				});
			},
		});
		try {
			const log = open.page.getByRole("log");
			await log.getByText("After.", { exact: true }).waitFor();
			expect(
				await log
					.locator("script, iframe, img, a, form, style, base, meta, object, embed, [onerror], [onload]")
					.count(),
			).toBe(0);
			expect(await open.page.locator(".popover").count()).toBe(1);
			expect(await open.page.title()).toBe("Plimsoll");
			expect(open.page.url().startsWith(popovers.url())).toBe(true);
			expect(elsewhere).toEqual([]);
			expect(open.complaints()).toEqual([]);
		} finally {
			await open.close();
		}
	});

	it("shows where a link leads and does not go there", async () => {
		const state = {
			...states["chat-code"],
			chat: {
				...states["chat-code"].chat,
				messages: states["chat-code"].chat.messages.map((message) =>
					message.role === "assistant"
						? { ...message, text: "See [ollama.com](https://evil.example/path)." }
						: message,
				),
			},
		};
		const open = await popovers.open({ state, place: "chat" });
		try {
			await open.page.getByRole("log").getByText("evil.example").click();
			expect(open.page.url().startsWith(popovers.url())).toBe(true);
			expect((await open.calls()).map(({ name }) => name)).toEqual([]);
		} finally {
			await open.close();
		}
	});
});

describe("the popover's state", () => {
	it("asks for a new snapshot where a patch was lost, and shows what it missed", async () => {
		const open = await popovers.open({ state: states.now });
		try {
			await open.change((state) => ({ ...state, loaded: [] }), { lost: true });
			await open.change((state) => ({
				...state,
				settings: { ...state.settings, language: "en" },
				events: [],
			}));
			await open.page
				.getByText(/No models loaded|Nothing is loaded/)
				.first()
				.waitFor();
		} finally {
			await open.close();
		}
	});

	it("takes an optimistic pin back where core never confirms it", async () => {
		const open = await popovers.open({ state: states.now, hanging: ["pin"] });
		try {
			const pin = open.page.getByRole("button", { name: /[Pp]in qwen2.5-coder/ });
			await pin.click();
			expect(await pin.getAttribute("aria-pressed")).toBe("true");
			await expect.poll(() => pin.getAttribute("aria-pressed"), { timeout: 15_000 }).toBe("false");
		} finally {
			await open.close();
		}
	});

	it("keeps the answer that came while the popover was closed", async () => {
		const first = await popovers.open({ state: states["chat-streaming"], place: "chat" });
		await first.close();
		const again = await popovers.open({ state: states["chat-code"], place: "chat" });
		try {
			await again.page.getByRole("log").getByText("It returns a new list").waitFor();
		} finally {
			await again.close();
		}
	});
});
