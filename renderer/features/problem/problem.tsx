import { type ReactNode, useEffect, useRef } from "react";
import { AppError, type SerializedError } from "../../../shared/errors.ts";
import { api } from "../../api.ts";
import { Icon } from "../../icon.tsx";
import { act, usePopover } from "../../store.ts";
import { useWords } from "../../words.tsx";

/** What went wrong and what to do next, in two sentences, with room for a way out. */
export function ProblemNotice(props: {
	readonly problem: SerializedError;
	readonly children?: ReactNode;
}): ReactNode {
	const words = useWords();
	const error = AppError.from(props.problem);
	// Here it is a click, not an answer, whose connection was lost.
	const broke = error.code === "stream-broken";
	const notice = useRef<HTMLDivElement>(null);
	// What was clicked may lie far below; a refusal out of sight looks as if nothing had happened.
	useEffect(() => {
		if (props.problem !== null) notice.current?.scrollIntoView({ block: "nearest" });
	}, [props.problem]);
	return (
		<div ref={notice} className="notice notice-elevated" role="alert">
			<div className="notice-head">
				<Icon name="warn" />
				<h2>{broke ? words.say("ui.call-broke-off") : words.render(error.said)}</h2>
			</div>
			<p>{broke ? words.say("ui.call-broke-off-next") : words.render(error.next)}</p>
			{props.children === undefined ? null : <div className="actions">{props.children}</div>}
		</div>
	);
}

/** The last action that failed, until it is read. */
export function LastProblem(): ReactNode {
	const problem = usePopover((store) => store.problem);
	const words = useWords();
	if (problem === null) return null;
	return (
		<ProblemNotice problem={problem}>
			{problem.code === "memory-too-low" ? (
				<button
					type="button"
					className="button button-small"
					onClick={() => act(() => api.load({ model: String(problem.params.model), force: true }))}
				>
					{words.say("ui.load-anyway")}
				</button>
			) : null}
			<button
				type="button"
				className="button button-small button-plain"
				onClick={() => usePopover.setState({ problem: null })}
			>
				{words.say("ui.done")}
			</button>
		</ProblemNotice>
	);
}
