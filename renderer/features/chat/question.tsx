import { type FormEvent, type KeyboardEvent, memo, type ReactNode, useEffect, useRef, useState } from "react";
import type { ChatMessage } from "../../../shared/chat.ts";
import { api } from "../../api.ts";
import { Icon } from "../../icon.tsx";
import { act } from "../../store.ts";
import { useWords } from "../../words.tsx";
import { KeptPicture } from "./kept-picture.tsx";

/** Longer questions are folded to their beginning: laying out a pasted megabyte holds up the page. */
const FOLDED_FROM = 4_000;
const FOLDED_TO = 1_200;

/** A folded question shows this much more at a time; a megabyte at once is no text anybody reads. */
const MORE_AT_ONCE = 100_000;

/** One question, with a way to ask it again in other words. */
export const Question = memo(function Question(props: {
	readonly message: ChatMessage;
	/** No answer is coming, so that it can be asked again. */
	readonly idle: boolean;
}): ReactNode {
	const { message, idle } = props;
	const words = useWords();
	const [editing, setEditing] = useState(false);
	const [shown, setShown] = useState(FOLDED_TO);
	const { text } = message;
	const folded = text.length > FOLDED_FROM && shown < text.length;
	if (editing) return <EditedQuestion message={message} onClose={() => setEditing(false)} />;
	return (
		<div className="asked">
			<button
				type="button"
				className="icon-button icon-button-small asked-edit"
				aria-label={words.say("chat.edit-question")}
				disabled={!idle}
				onClick={() => setEditing(true)}
			>
				<Icon name="edit" />
			</button>
			<div className="said" dir="auto">
				{message.pictures.map((picture) => (
					<KeptPicture key={picture.id} className="shot" picture={picture} />
				))}
				{folded ? `${text.slice(0, shown)}…` : text}
				{folded ? (
					<button
						type="button"
						className="button button-small button-plain"
						onClick={() => setShown(shown + MORE_AT_ONCE)}
					>
						{words.say("chat.show-more", { count: (text.length - shown).toLocaleString(words.language) })}
					</button>
				) : null}
			</div>
		</div>
	);
});

function EditedQuestion(props: { readonly message: ChatMessage; readonly onClose: () => void }): ReactNode {
	const { message, onClose } = props;
	const words = useWords();
	const [text, setText] = useState(message.text);
	const field = useRef<HTMLTextAreaElement>(null);
	useEffect(() => field.current?.focus(), []);

	function send(event?: FormEvent): void {
		event?.preventDefault();
		if (text.trim() === "") return;
		act(() => api.editQuestion({ messageId: message.id, text }));
		onClose();
	}

	function onKeyDown(event: KeyboardEvent): void {
		if (event.nativeEvent.isComposing) return;
		if (event.key === "Escape") onClose();
		else if (event.key === "Enter" && !event.shiftKey) send();
		else return;
		event.preventDefault();
		event.stopPropagation();
	}

	return (
		<form className="edited" onSubmit={send}>
			<textarea
				ref={field}
				aria-label={words.say("chat.edit-question")}
				maxLength={4_000_000}
				value={text}
				onChange={(event) => setText(event.target.value)}
				onKeyDown={onKeyDown}
			/>
			<p className="muted">{words.say("chat.edit-note")}</p>
			<div className="actions">
				<button type="submit" className="button button-small button-primary">
					{words.say("chat.ask-anew")}
				</button>
				<button type="button" className="button button-small button-plain" onClick={onClose}>
					{words.say("ui.cancel")}
				</button>
			</div>
		</form>
	);
}
