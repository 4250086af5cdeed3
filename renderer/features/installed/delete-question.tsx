import { type ReactNode, useEffect, useRef } from "react";
import { api } from "../../api.ts";
import { modelLabel } from "../../model-label.ts";
import { act } from "../../store.ts";
import { useWords } from "../../words.tsx";

/** Asks before a model is deleted from disk, in the place where it stands. */
export function DeleteQuestion(props: {
	readonly name: string;
	readonly sizeBytes: number;
	readonly loaded: boolean;
	readonly onClose: () => void;
}): ReactNode {
	const words = useWords();
	const keep = useRef<HTMLButtonElement>(null);
	const { spoken } = modelLabel(props.name);
	useEffect(() => keep.current?.focus(), []);
	return (
		<div className="notice" role="group" aria-label={words.say("ui.delete-label", { model: spoken })}>
			<h2>{words.say("ui.delete-question", { model: spoken })}</h2>
			<p>{words.say(props.loaded ? "ui.delete-loaded" : "ui.delete-figures", { bytes: props.sizeBytes })}</p>
			<div className="actions">
				<button
					type="button"
					className="button button-small button-critical"
					onClick={() => {
						props.onClose();
						act(() => api.deleteModel({ model: props.name }));
					}}
				>
					{words.say("ui.delete")}
				</button>
				<button ref={keep} type="button" className="button button-small" onClick={props.onClose}>
					{words.say("ui.keep")}
				</button>
			</div>
		</div>
	);
}
