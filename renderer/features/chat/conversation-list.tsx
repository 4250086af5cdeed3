import { type ReactNode, useEffect, useRef, useState } from "react";
import type { ConversationRow, FoundConversation } from "../../../shared/chat.ts";
import { api } from "../../api.ts";
import { Icon } from "../../icon.tsx";
import { modelLabel } from "../../model-label.ts";
import { useRovingRows } from "../../roving-rows.ts";
import { act, useCore } from "../../store.ts";
import { useWords, type Words } from "../../words.tsx";

/** A search begins this long after the last key. */
const SEARCH_AFTER_MS = 120;

/** Conversations fetched at once beyond the newest ones. */
const PAGE = 100;

const DAY_MS = 24 * 60 * 60_000;

/** A time of day for today, else the day. */
function whenOf(at: number, words: Words): string {
	if (new Date(at).toDateString() === new Date().toDateString()) return words.time(at);
	const near = Date.now() - at < 300 * DAY_MS;
	return new Intl.DateTimeFormat(words.language, {
		day: "numeric",
		month: "short",
		...(near ? {} : { year: "numeric" }),
	}).format(at);
}

/** A conversation in a list: Return opens it, Backspace deletes it. */
export function ConversationItem(props: {
	readonly row: ConversationRow | FoundConversation;
	readonly onOpen: (id: string) => void;
}): ReactNode {
	const { row, onOpen } = props;
	const words = useWords();
	const title = row.title === "" ? words.say("chat.picture") : row.title;
	const excerpt = "excerpt" in row ? row.excerpt : null;
	const remove = () => act(() => api.deleteConversation({ id: row.id }));
	return (
		<li
			className="talk"
			tabIndex={-1}
			data-row=""
			onKeyDown={(event) => {
				if (event.target !== event.currentTarget) return;
				if (event.key === "Enter") onOpen(row.id);
				else if (event.key === "Backspace" || event.key === "Delete") remove();
				else return;
				event.preventDefault();
			}}
		>
			<button type="button" className="talk-title" tabIndex={-1} onClick={() => onOpen(row.id)}>
				<bdi>{title}</bdi>
			</button>
			<time dateTime={new Date(row.at).toISOString()}>{whenOf(row.at, words)}</time>
			<button
				type="button"
				className="icon-button icon-button-small"
				tabIndex={-1}
				aria-label={words.say("chat.delete-titled", { title })}
				onClick={remove}
			>
				<Icon name="x" />
			</button>
			<span className="talk-more" dir="auto">
				{excerpt === null ? (
					[
						row.model === null ? null : modelLabel(row.model).spoken,
						words.say("chat.questions", { count: row.questions }),
					]
						.filter((part) => part !== null)
						.join(" · ")
				) : (
					<>
						{excerpt.text.slice(0, excerpt.from)}
						<mark>{excerpt.text.slice(excerpt.from, excerpt.to)}</mark>
						{excerpt.text.slice(excerpt.to)}
					</>
				)}
			</span>
		</li>
	);
}

/** All conversations, the newest first, with a search through everything that was said in them. */
export function ConversationList({ onOpened }: { readonly onOpened: () => void }): ReactNode {
	const words = useWords();
	const recent = useCore((state) => state.chat.recent);
	const count = useCore((state) => state.chat.conversations);
	const [typed, setTyped] = useState("");
	const deletedId = useCore((state) => state.chat.deleted?.id ?? null);
	const [answer, setAnswer] = useState<{ typed: string; rows: readonly FoundConversation[] } | null>(null);
	const [older, setOlder] = useState<readonly ConversationRow[]>([]);
	const field = useRef<HTMLInputElement>(null);
	const roving = useRovingRows();
	useEffect(() => field.current?.focus(), []);

	useEffect(() => {
		let wanted = true;
		if (typed.trim() === "") return undefined;
		const timer = setTimeout(() => {
			void api
				.searchConversations({ text: typed })
				.then((rows) => {
					if (wanted) setAnswer({ typed, rows });
				})
				.catch(() => undefined);
		}, SEARCH_AFTER_MS);
		return () => {
			wanted = false;
			clearTimeout(timer);
		};
	}, [typed]);

	const known = new Set(recent.map(({ id }) => id));
	const there = ({ id }: ConversationRow) => id !== deletedId;
	const all = [...recent, ...older.filter((row) => !known.has(row.id) && there(row))];
	// The rows of the last search stay until those of the next one come.
	const found = typed.trim() === "" ? null : (answer?.rows.filter(there) ?? null);
	const rows = found ?? all;

	function open(id: string): void {
		act(() => api.openConversation({ id }));
		onOpened();
	}

	return (
		<>
			<div className="search">
				<Icon name="search" />
				<input
					ref={field}
					type="search"
					aria-label={words.say("chat.search")}
					placeholder={words.say("chat.search")}
					maxLength={500}
					value={typed}
					onChange={(event) => setTyped(event.target.value)}
					onKeyDown={(event) => {
						if (event.key === "ArrowDown")
							roving.ref.current?.querySelector<HTMLElement>("[data-row]")?.focus();
						else if (event.key === "Escape" && typed !== "") setTyped("");
						else return;
						event.preventDefault();
						event.stopPropagation();
					}}
				/>
			</div>
			<p className="group-label" role="status">
				{found === null
					? words.say("chat.count", { count })
					: words.say("chat.found", { found: found.length, count })}
			</p>
			{rows.length === 0 ? null : (
				<ul {...roving} aria-label={words.say("chat.conversations")}>
					{rows.map((row) => (
						<ConversationItem key={row.id} row={row} onOpen={open} />
					))}
				</ul>
			)}
			{found === null && all.length < count ? (
				<button
					type="button"
					className="button button-small button-plain more-button"
					onClick={() =>
						act(async () => {
							const more = await api.conversations({ limit: PAGE, offset: all.length });
							setOlder((before) => [...before, ...more]);
						})
					}
				>
					{words.say("chat.show-older")}
				</button>
			) : null}
		</>
	);
}
