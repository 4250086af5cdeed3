import type { ReactNode } from "react";
import { api } from "../../api.ts";
import { act, useCore } from "../../store.ts";
import { useWords } from "../../words.tsx";

/** Until when nobody watches the memory, with the way back; null while it is watched. */
export function useWatchPaused(): ReactNode {
	const untilAt = useCore((state) => state.watchdog.pausedUntilAt);
	const words = useWords();
	if (untilAt === null) return null;
	return (
		<>
			{words.say("ui.not-watched-until", { at: untilAt })}{" "}
			<button type="button" className="inline" onClick={() => act(() => api.resumeWatchdog(null))}>
				{words.say("ui.watch-again")}
			</button>
		</>
	);
}

/** Pauses the watchdog or ends its pause; nothing where it is off. */
export function WatchButton(): ReactNode {
	const mode = useCore((state) => state.watchdog.mode);
	const words = useWords();
	if (mode === "off") return <p className="fine">{words.say("ui.watch-off")}</p>;
	return (
		<div className="actions">
			<button
				type="button"
				className="button button-small"
				onClick={() => act(() => (mode === "paused" ? api.resumeWatchdog(null) : api.pauseWatchdog(null)))}
			>
				{words.say(mode === "paused" ? "ui.watch-again" : "ui.pause-watching")}
			</button>
		</div>
	);
}
