import { type FormEvent, type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { useShallow } from "zustand/react/shallow";
import type { AppState } from "../../../shared/state.ts";
import { api } from "../../api.ts";
import { Icon } from "../../icon.tsx";
import { modelLabel } from "../../model-label.ts";
import { onDemand } from "../../on-demand.tsx";
import { act, coreNow, useCore } from "../../store.ts";
import { laterWords, useWords } from "../../words.tsx";

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

/** Pictures and notes above the field come with the first of them. */
const ComposerExtras = onDemand(async () => {
	const [{ ComposerExtras: extras }] = await Promise.all([import("./composer-extras.tsx"), laterWords()]);
	return extras;
});

/** What the choice of who answers is called in the menu; a model has its own name. */
const AUTO = "";
const MEMBER = "@";

function chosenOf({ chat, installed }: AppState): string {
	if (chat.member !== null) return MEMBER + chat.member;
	return installed.some(({ name }) => name === chat.model) ? (chat.model ?? AUTO) : AUTO;
}

/** Longer text is shown as a line above the field: a field that lays out a pasted megabyte takes the page with it. */
const LONGEST_IN_FIELD = 30_000;

/** Adds files to the next question; the script that reads pictures comes with the first of them. */
function attach(files: readonly File[]): void {
	if (files.length > 0) act(async () => (await import("./attach-files.ts")).attachFiles(files));
}

/** The question field, always at the bottom of Now and Chat. */
export function Composer({ onAsked }: { readonly onAsked: () => void }): ReactNode {
	const words = useWords();
	const [whole, setWhole] = useState(() => draft ?? coreNow().chat.draft);
	// What was pasted stands before what is typed after it.
	const [pastedLength, setPastedLength] = useState(whole.length > LONGEST_IN_FIELD ? whole.length : 0);
	const text = whole.slice(pastedLength);
	const picker = useRef<HTMLInputElement>(null);
	const connected = useCore((state) => state.engine.connection.state === "connected");
	const talkers = useCore(useShallow(talkersOf));
	const members = useCore((state) => state.team.team.members);
	const chosen = useCore(chosenOf);
	const attached = useCore((state) => state.chat.attached.length);
	const held = useCore((state) => state.watchdog.emergency !== null);
	const first = useCore((state) => state.chat.messages.length === 0);
	const answering = useCore((state) => state.chat.answering !== null);
	const extras = useCore(
		({ chat }) =>
			pastedLength > 0 ||
			chat.attached.length > 0 ||
			(chat.answering !== null && chat.answering.conversationId !== chat.conversationId),
	);
	const ready = connected && talkers.length > 0 && (whole.trim() !== "" || attached > 0) && !answering;
	const chosenName =
		chosen === AUTO
			? words.say("ui.auto")
			: (members.find(({ id }) => MEMBER + id === chosen)?.name ?? modelLabel(chosen).spoken);

	// Files may be dropped anywhere; without this the page would be left for the file.
	useEffect(() => {
		const over = (event: DragEvent) => event.preventDefault();
		const drop = (event: DragEvent) => {
			event.preventDefault();
			attach([...(event.dataTransfer?.files ?? [])]);
		};
		document.addEventListener("dragover", over);
		document.addEventListener("drop", drop);
		return () => {
			document.removeEventListener("dragover", over);
			document.removeEventListener("drop", drop);
		};
	}, []);

	function write(written: string): void {
		const long = written.length - pastedLength > LONGEST_IN_FIELD;
		const next = long ? `${written}\n\n` : written;
		draft = next;
		setWhole(next);
		if (long) setPastedLength(next.length);
		else if (next.length < pastedLength) setPastedLength(0);
		clearTimeout(keepTimer);
		keepTimer = setTimeout(keepDraft, KEEP_AFTER_MS);
	}

	function send(event?: FormEvent): void {
		event?.preventDefault();
		if (!ready) return;
		const question = pastedLength > 0 ? whole.trimEnd() : whole;
		write("");
		onAsked();
		act(async () => {
			try {
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
			{extras ? (
				<ComposerExtras pastedLength={pastedLength} onUnpaste={() => write(text)} onOpen={onAsked} />
			) : null}
			<form className="field" onSubmit={send}>
				<input
					ref={picker}
					type="file"
					accept="image/*,.heic"
					multiple
					hidden
					aria-label={words.say("ui.attach")}
					onChange={(event) => {
						attach([...(event.target.files ?? [])]);
						event.target.value = "";
					}}
				/>
				<button
					type="button"
					className="icon-button"
					aria-label={words.say("ui.attach")}
					onClick={() => picker.current?.click()}
				>
					<Icon name="image" />
				</button>
				<textarea
					id={QUESTION_FIELD_ID}
					rows={1}
					maxLength={4_000_000}
					placeholder={words.say(first ? "ui.ask-anything" : "ui.ask-more")}
					aria-label={words.say("ui.your-question")}
					value={text}
					onChange={(event) => write(whole.slice(0, pastedLength) + event.target.value)}
					onKeyDown={onKeyDown}
					onPaste={(event) => {
						const pasted = event.clipboardData.getData("text/plain");
						if (pasted.length > LONGEST_IN_FIELD) {
							event.preventDefault();
							write(whole + pasted);
							return;
						}
						// What is copied from a web page or a document may bring text and its picture; then the text is meant.
						if (event.clipboardData.files.length === 0 || pasted !== "") return;
						event.preventDefault();
						attach([...event.clipboardData.files]);
					}}
				/>
				<label className="pick">
					<span>{chosenName}</span>
					<Icon name="updown" />
					<select
						aria-label={words.say("ui.model")}
						value={chosen}
						disabled={talkers.length === 0}
						onChange={({ target: { value } }) =>
							act(() =>
								api.chooseAnswerer(
									value.startsWith(MEMBER)
										? { member: value.slice(MEMBER.length) }
										: { model: value === AUTO ? null : value },
								),
							)
						}
					>
						<option value={AUTO}>{words.say("ui.auto")}</option>
						<optgroup label={words.say("ui.team")}>
							{members.map(({ id, name }) => (
								<option key={id} value={MEMBER + id}>
									{name}
								</option>
							))}
						</optgroup>
						<optgroup label={words.say("ui.all-models")}>
							{talkers.map((each) => (
								<option key={each.key} value={each.name}>
									{modelLabel(each.name).path + modelLabel(each.name).spoken}
								</option>
							))}
						</optgroup>
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
