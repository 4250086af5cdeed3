import { writeSync } from "node:fs";
import { message } from "../../../../shared/messages/message.ts";
import { said } from "../../../../shared/testing/build-state.ts";
import { systemClock } from "../../clock.ts";
import { createLog } from "../../log/log.ts";
import { lockDataDir } from "../data-dir-lock.ts";
import { openStore } from "../open-store.ts";
import { resolvePaths } from "../paths.ts";

/**
 * Writes events, samples, own loads and settings for ever and says each one after it was confirmed, until it is
 * killed: `event ID`, `point MINUTE`, `load KEY 1|0`, `message ID LENGTH`,
 * `port NUMBER`. The data folder is its argument.
 */
const paths = resolvePaths({
	platform: process.platform,
	env: {},
	home: "/",
	dataDir: process.argv[2] ?? "",
});

/** Often enough for kills to hit saves, seldom enough for the write-ahead log to be played back in between. */
const SAVE_EVERY = 40;

/** Goes out at once and whole, so that nothing said is lost with the process. */
function say(line: string): void {
	writeSync(1, `${line}\n`);
}

await lockDataDir(paths);
const log = createLog({ dir: paths.logDir, level: "debug" });
const { settings, history, conversations } = await openStore({ paths, clock: systemClock, log });
const firstPort = settings.current().gateway.port;
const lastMinute = Math.floor((history.points(0, Number.MAX_SAFE_INTEGER).at(-1)?.at ?? 0) / 60_000);
const conversationId = `conversation-${process.pid}`;
conversations.save({ id: conversationId, title: "Killed", systemPrompt: "", model: null, member: null });
say("ready");
for (let count = 1; ; count += 1) {
	const event = history.addEvent({
		at: count,
		kind: "storage",
		severity: "info",
		message: message("error.cancelled"),
		data: { filling: "x".repeat(count % 2000) },
	});
	say(`event ${event.id}`);
	if (count % 4 === 0) {
		const at = (lastMinute + count) * 60_000;
		history.addPoint({
			at,
			availableBytes: 1,
			totalBytes: 2,
			swapUsedBytes: null,
			loadedBytes: 3,
			level: "normal",
		});
		say(`point ${at / 60_000}`);
	}
	if (count % 3 === 0) {
		const key = `model-${count % 5}`;
		const loaded = !history.ownLoads().includes(key);
		history.setOwnLoad(key, loaded);
		say(`load ${key} ${loaded ? 1 : 0}`);
	}
	// An answer grows, as one that is coming does, and then the next one begins.
	const answerId = `${process.pid}-${Math.floor(count / 10)}`;
	const text = "word ".repeat((count % 10) * 40 + 1);
	conversations.put(conversationId, said("assistant", text, { id: answerId, at: count, state: "streaming" }));
	say(`message ${answerId} ${text.length}`);
	if (count % SAVE_EVERY === 0) {
		const now = settings.current();
		const port = (firstPort + count) % 65_536;
		await settings.save({ ...now, gateway: { ...now.gateway, port } });
		say(`port ${port}`);
	}
}
