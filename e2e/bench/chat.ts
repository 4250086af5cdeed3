import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "@playwright/test";
import { systemClock } from "../../electron/core/clock.ts";
import { createMemoryLog } from "../../electron/core/log/log.ts";
import type { ConversationStore } from "../../electron/core/ports.ts";
import { createConversationStore } from "../../electron/core/store/conversation-store.ts";
import { said } from "../../shared/testing/build-state.ts";
import { launchBrowser } from "../fixtures/browser.ts";
import { type ListeningProcess, startHeadless } from "../fixtures/cli-process.ts";
import { type Bench, figure, median, row } from "./bench.ts";

const MESSAGES = 10_000;

/** Each is opened and searched for so often; the middle counts. */
const ROUNDS = 9;

const WORDS =
	"the model writes about memory and ships that float over quiet water while 船は海に浮き 喫水線を見て 请写一个排序函数 a list is sorted by its key and returned as it was".split(
		" ",
	);

/** A text of 20 to 220 words, the same for the same number. */
function textOf(index: number): string {
	const count = 20 + ((index * 7_919) % 200);
	return Array.from(
		{ length: count },
		(_, at) => WORDS[(index * 31 + at * 17 + ((at * at) % 13)) % WORDS.length],
	).join(" ");
}

/** What is searched for: found often, seldom, not at all; long, short, and without case. */
const SEARCHES = ["memory", "needle", "nowhere", "喫水線", "排序", "zq", "海に", "x q"] as const;

function fill(store: ConversationStore): void {
	store.save({ id: "long", title: "Ten thousand messages", systemPrompt: "", model: null, member: null });
	for (let index = 0; index < MESSAGES; index += 1) {
		const text = index % 997 === 0 ? `${textOf(index)} needle` : textOf(index);
		store.put("long", said(index % 2 === 0 ? "user" : "assistant", text, { id: `m${index}`, at: index + 1 }));
	}
	store.save({ id: "empty", title: "Nothing yet", systemPrompt: "", model: null, member: null });
}

function middleMs(work: () => unknown): number {
	const times = Array.from({ length: ROUNDS }, () => {
		const beganMs = performance.now();
		work();
		return performance.now() - beganMs;
	});
	return median(times);
}

/** From the click on a conversation to the frame that shows it, in the popover of a running Plimsoll. */
async function openingMs(
	browser: Browser,
	served: ListeningProcess,
): Promise<{ readonly long: number; readonly empty: number }> {
	const page = await browser.newPage({ viewport: { width: 380, height: 600 } });
	await page.goto(/(http:\S+\/popover\/#token=\S+)/.exec(served.printed())?.[1] ?? "");
	const skip = page.getByRole("tab", { name: "Chat" });
	await skip.click();
	await page.getByRole("button", { name: "Conversations" }).waitFor();
	const times: Record<"long" | "empty", number[]> = { long: [], empty: [] };
	// The first round fetches scripts.
	for (let round = 0; round <= ROUNDS; round += 1)
		for (const id of ["long", "empty"] as const) {
			await page.evaluate("window.plimsoll.newConversation(null)");
			const title = id === "long" ? "Ten thousand messages" : "Nothing yet";
			const ms = await page.evaluate(
				async ([wanted, shown]) => {
					const { plimsoll } = window as unknown as {
						plimsoll: { openConversation(argument: { id: string }): Promise<null> };
					};
					const beganMs = performance.now();
					void plimsoll.openConversation({ id: wanted });
					while (document.querySelector(".chat-bar h1")?.textContent !== shown)
						await new Promise((drawn) => requestAnimationFrame(drawn));
					await new Promise((drawn) => requestAnimationFrame(drawn));
					return performance.now() - beganMs;
				},
				[id, title] as const,
			);
			if (round > 0) times[id].push(ms);
		}
	await page.close();
	return { long: median(times.long), empty: median(times.empty) };
}

/** How a conversation of ten thousand messages opens and is searched. */
export const chatBench: Bench = {
	name: "chat",
	obstacle: () => null,
	async run() {
		const dataDir = mkdtempSync(join(tmpdir(), "plimsoll-chat-bench-"));
		const file = join(dataDir, "conversations.db");
		const open = () =>
			createConversationStore({
				file,
				clock: systemClock,
				log: createMemoryLog().log,
				onNotice: () => undefined,
			});
		try {
			const store = open();
			const beganMs = performance.now();
			fill(store);
			const fillMs = performance.now() - beganMs;
			const searches = SEARCHES.map((typed) => middleMs(() => store.search(typed)));
			const slowest = Math.max(...searches);
			const pageMs = middleMs(() => store.messages("long", 40, null));
			store.close();
			const startMs = middleMs(() => open().close());
			const browser = await launchBrowser();
			// The engine is of no matter here; nothing answers at this port.
			writeFileSync(join(dataDir, "settings.json"), JSON.stringify({ version: 1, app: { welcomed: true } }));
			const served = await startHeadless({ engine: "http://127.0.0.1:9", dataDir });
			try {
				const { long, empty } = await openingMs(browser, served);
				return [
					figure("chat: keeping one message", fillMs / MESSAGES, "ms"),
					...SEARCHES.map((typed, index) =>
						figure(`chat: search for “${typed}”`, searches[index] ?? 0, "ms"),
					),
					row("chat: slowest search in 10,000 messages", slowest, "ms", "< 50 ms", slowest < 50),
					figure("chat: the newest 40 messages from the store", pageMs, "ms"),
					figure("chat: opening the store", startMs, "ms"),
					figure("chat: opening an empty conversation", empty, "ms"),
					figure("chat: opening one of 10,000 messages", long, "ms"),
					row(
						"chat: 10,000 messages beside an empty conversation",
						long / empty,
						"×",
						"≤ 2 ×",
						long <= 2 * empty,
					),
				];
			} finally {
				await browser.close();
				await served.stop();
			}
		} finally {
			rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
		}
	},
};
