import { type Message, message } from "../../../shared/messages/message.ts";
import type { Emergency } from "../../../shared/watchdog.ts";

/** What somebody who did not look is told. */
export interface Notice {
	readonly title: Message;
	readonly body: Message;
}

/** One notice of an emergency that is over: what left and how much came back, else what else was done. */
export function emergencyNotice({ models: asked, releasedBytes, loadsEnded }: Emergency): Notice {
	const title = message("tray.emergency");
	const gone = asked.filter(({ grade }) => grade !== null && grade !== "not-confirmed");
	const names = (list: readonly string[]) => list.join(", ");
	if (gone.length > 0) {
		const models = names(gone.map(({ name }) => name));
		return { title, body: message("tray.emergency-unloaded", { models, releasedBytes }) };
	}
	if (loadsEnded.length > 0)
		return { title, body: message("tray.emergency-loads", { models: names(loadsEnded) }) };
	if (asked.length > 0)
		return {
			title,
			body: message("tray.emergency-stayed", { models: names(asked.map(({ name }) => name)) }),
		};
	return { title, body: message("tray.emergency-nothing") };
}

/** A load that passes Plimsoll by goes on while memory is critical. */
export function notStoppedNotice(model: string): Notice {
	return { title: message("tray.critical"), body: message("event.emergency-not-stopped", { model }) };
}
