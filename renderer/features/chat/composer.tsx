import { type FormEvent, type KeyboardEvent, type ReactNode, useState } from "react";
import { useShallow } from "zustand/react/shallow";
import type { AppState } from "../../../shared/state.ts";
import { api } from "../../api.ts";
import { Icon } from "../../icon.tsx";
import { modelLabel } from "../../model-label.ts";
import { act, coreNow, useCore } from "../../store.ts";
import { useWords } from "../../words.tsx";

/** What was typed and not sent, once somebody has typed in this page; before that it is core's. */
let draft: string | null = null;

/** Core is told what was typed this long after the last key, and at once when the page is hidden. */
const KEEP_AFTER_MS = 300;

let keepTimer: ReturnType<typeof setTimeout> | undefined;

function keepDraft(): void {
	clearTimeout(keepTimer);
	keepTimer = undefined;
	if (draft !== null) void api.keepDraft({ text: draft }).catch(() => undefined);
}

document.addEventListener("visibilitychange", () => {
	if (keepTimer !== undefined) keepDraft();
});

/** Id of the question field, for the key that goes there. */
export const QUESTION_FIELD_ID = "question";

const talkersOf = ({ installed }: AppState) =>
	installed.filter((each) => !each.capabilities.includes("embedding"));

/** The model that answers: the chosen one; who has chosen none means one that is loaded. */
function chosenModel(state: AppState): string | null {
	const talkers = talkersOf(state);
	const isLoaded = (name: string) => state.loaded.some((each) => each.name === name);
	const chosen =
		talkers.find(({ name }) => name === state.chat.model) ?? talkers.find(({ name }) => isLoaded(name));
	return chosen?.name ?? null;
}

/** The question field, always at the bottom of Now and Chat. */
export function Composer({ onAsked }: { readonly onAsked: () => void }): ReactNode {
	const words = useWords();
	const [text, setText] = useState(() => draft ?? coreNow().chat.draft);
	const model = useCore((state) => state.chat.model);
	const connected = useCore((state) => state.engine.connection.state === "connected");
	const talkers = useCore(useShallow(talkersOf));
	const chosen = useCore(chosenModel);
	const held = useCore((state) => state.watchdog.emergency !== null);
	const first = useCore((state) => state.chat.messages.length === 0);
	const answering = useCore((state) => {
		const last = state.chat.messages.at(-1);
		return last !== undefined && (last.state === "waiting" || last.state === "streaming");
	});
	const ready = connected && chosen !== null && text.trim() !== "" && !answering;

	function write(next: string): void {
		draft = next;
		setText(next);
		clearTimeout(keepTimer);
		keepTimer = setTimeout(keepDraft, KEEP_AFTER_MS);
	}

	function send(event?: FormEvent): void {
		event?.preventDefault();
		if (!ready) return;
		const question = text;
		write("");
		onAsked();
		act(async () => {
			try {
				if (chosen !== null && chosen !== model) await api.chooseChatModel({ model: chosen });
				await api.ask({ text: question });
			} catch (thrown) {
				// What could not be asked is not lost.
				if (draft === "") write(question);
				throw thrown;
			}
		});
	}

	function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>): void {
		if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
		event.preventDefault();
		send();
	}

	return (
		<footer className="composer">
			{held ? (
				<p className="composer-note">
					<Icon name="warn" /> {words.say("ui.composer-paused")}
				</p>
			) : null}
			{connected && chosen === null && talkers.length > 0 && text !== "" ? (
				<p className="composer-note">{words.say("ui.choose-model-first")}</p>
			) : null}
			<form className="field" onSubmit={send}>
				<textarea
					id={QUESTION_FIELD_ID}
					rows={1}
					maxLength={4_000_000}
					placeholder={words.say(first ? "ui.ask-anything" : "ui.ask-more")}
					aria-label={words.say("ui.your-question")}
					value={text}
					onChange={(event) => write(event.target.value)}
					onKeyDown={onKeyDown}
				/>
				<label className="pick">
					<span>{chosen === null ? words.say("ui.choose-model") : modelLabel(chosen).spoken}</span>
					<Icon name="updown" />
					<select
						aria-label={words.say("ui.model")}
						value={chosen ?? ""}
						disabled={talkers.length === 0}
						onChange={(event) => act(() => api.chooseChatModel({ model: event.target.value }))}
					>
						{chosen === null ? <option value="">{words.say("ui.choose-model")}</option> : null}
						{talkers.map((each) => (
							<option key={each.key} value={each.name}>
								{modelLabel(each.name).path + modelLabel(each.name).spoken}
							</option>
						))}
					</select>
				</label>
				{answering ? (
					<button
						type="button"
						className="send send-stop"
						aria-label={words.say("ui.stop-answer")}
						onClick={() => act(() => api.stopAnswer(null))}
					>
						<Icon name="stop" />
					</button>
				) : (
					<button type="submit" className="send" aria-label={words.say("ui.send")} aria-disabled={!ready}>
						<Icon name="send" />
					</button>
				)}
			</form>
		</footer>
	);
}
