import { type ReactNode, useState } from "react";
import { api } from "../../api.ts";
import { act } from "../../store.ts";
import { useWords } from "../../words.tsx";

/** The question has just been asked for, and this answer does no harm. */
const focus = (button: HTMLButtonElement | null) => button?.focus();

/** Ends a runner's process that nothing else helps against, once a person has said yes twice. */
export function EndRunner({
	pid,
	startedAt,
}: {
	readonly pid: number;
	readonly startedAt: number;
}): ReactNode {
	const words = useWords();
	const [asking, setAsking] = useState(false);
	if (!asking)
		return (
			<button type="button" className="button button-small" onClick={() => setAsking(true)}>
				{words.say("ui.end-runner")}
			</button>
		);
	return (
		<span role="group" aria-label={words.say("ui.end-runner-question", { pid: String(pid) })}>
			{words.say("ui.end-runner-question", { pid: String(pid) })}{" "}
			<button
				type="button"
				className="button button-small button-critical"
				onClick={() => {
					setAsking(false);
					act(() => api.endRunner({ pid, startedAt }));
				}}
			>
				{words.say("ui.end-runner")}
			</button>{" "}
			<button type="button" className="button button-small" ref={focus} onClick={() => setAsking(false)}>
				{words.say("ui.cancel")}
			</button>
		</span>
	);
}
