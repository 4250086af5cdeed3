import { type ReactNode, startTransition, useEffect, useLayoutEffect, useRef, useState } from "react";
import { api } from "../../api.ts";
import { Icon, Mark } from "../../icon.tsx";
import { hasModifier, modifierKey } from "../../keys.ts";
import { onDemand } from "../../on-demand.tsx";
import { useRovingRows } from "../../roving-rows.ts";
import { act, coreNow, useCore } from "../../store.ts";
import { useWords } from "../../words.tsx";
import { HullStrip } from "../hull/hull.tsx";
import { LastProblem } from "../problem/problem.tsx";
import { Answer } from "./answer.tsx";
import { ChatSprite } from "./chat-sprite.tsx";
import { ConversationItem, ConversationList } from "./conversation-list.tsx";
import { Question } from "./question.tsx";
import { useMessages } from "./use-messages.ts";
import "./conversation.css";
import "./chat.css";

const ConversationTools = onDemand(async () => (await import("./conversation-tools.tsx")).ConversationTools);

/** A reader this close to the end wants to see what comes. */
const AT_END_PX = 40;

/** Messages drawn in the first frame of a conversation. */
const FIRST_DRAWN = 4;

/** Conversations listed below the invitation to ask. */
const LISTED_WHEN_EMPTY = 4;

/** Conversations: the open one, or the list of all. */
export function ChatPage({ onNow }: { readonly onNow: () => void }): ReactNode {
	const words = useWords();
	const conversationId = useCore((state) => state.chat.conversationId);
	const title = useCore((state) => state.chat.title);
	// Whatever opens another conversation, from wherever, also closes the list and the tools of this one.
	const [open, setOpen] = useState<{ part: "list" | "tools"; over: string } | null>(null);
	const part = open?.over === conversationId ? open.part : null;
	const toggle = (wanted: "list" | "tools") =>
		setOpen(part === wanted ? null : { part: wanted, over: conversationId });
	const close = () => setOpen(null);
	const listOpen = part === "list";
	const toolsOpen = part === "tools";

	useEffect(() => {
		const onKey = (event: KeyboardEvent) => {
			const typing = (event.target as HTMLElement).matches?.("input, textarea, select") ?? false;
			if (!hasModifier(event) || event.shiftKey) return;
			if (event.key.toLowerCase() === "f") setOpen({ part: "list", over: coreNow().chat.conversationId });
			else if (event.key.toLowerCase() === "z" && !typing && coreNow().chat.deleted !== null)
				act(() => api.restoreConversation(null));
			else return;
			event.preventDefault();
		};
		// Before the keys of the whole popover, of which one puts back what was flushed.
		document.addEventListener("keydown", onKey, true);
		return () => document.removeEventListener("keydown", onKey, true);
	}, []);

	return (
		<div className="body">
			<ChatSprite />
			<HullStrip onOpen={onNow} />
			<div className="chat-bar">
				<button
					type="button"
					className="icon-button"
					aria-label={words.say("chat.conversations")}
					aria-expanded={listOpen}
					onClick={() => toggle("list")}
				>
					<Icon name="list" />
				</button>
				<h1>
					<bdi>
						{listOpen
							? words.say("chat.conversations")
							: title === null
								? words.say("ui.new-conversation")
								: title === ""
									? words.say("chat.picture")
									: title}
					</bdi>
				</h1>
				<button
					type="button"
					className="icon-button"
					aria-label={words.say("chat.tools")}
					aria-expanded={toolsOpen}
					disabled={listOpen}
					onClick={() => toggle("tools")}
				>
					<Icon name="more" />
				</button>
				<button
					type="button"
					className="icon-button"
					aria-label={words.say("ui.new-conversation")}
					onClick={() => {
						close();
						act(() => api.newConversation(null));
					}}
				>
					<Icon name="plus" />
				</button>
			</div>
			{toolsOpen ? <ConversationTools onClose={close} /> : null}
			{listOpen ? (
				<div className="content">
					<LastProblem />
					<Deleted />
					<ConversationList onOpened={close} />
				</div>
			) : (
				<Conversation key={conversationId} onList={() => toggle("list")} />
			)}
		</div>
	);
}

/** A conversation that was deleted just now, with the way back. */
function Deleted(): ReactNode {
	const words = useWords();
	const deleted = useCore((state) => state.chat.deleted);
	if (deleted === null) return null;
	const title = deleted.title === "" ? words.say("chat.picture") : deleted.title;
	return (
		<div className="notice" role="status">
			<p>{words.say("chat.deleted", { title })}</p>
			<div className="actions">
				<button
					type="button"
					className="button button-small"
					onClick={() => act(() => api.restoreConversation(null))}
				>
					{words.say("chat.undo")} <kbd>{modifierKey("Z")}</kbd>
				</button>
			</div>
		</div>
	);
}

function Conversation({ onList }: { readonly onList: () => void }): ReactNode {
	const words = useWords();
	const { messages, earlier, showEarlier } = useMessages();
	const idle = useCore((state) => state.chat.answering === null);
	const content = useRef<HTMLDivElement>(null);
	const follows = useRef(true);
	const heightBefore = useRef<number | null>(null);
	const last = messages.at(-1);
	// What fills the view comes first, the rest above it after that.
	const [whole, setWhole] = useState(messages.length <= FIRST_DRAWN);
	useEffect(() => {
		const frame = requestAnimationFrame(() => startTransition(() => setWhole(true)));
		return () => cancelAnimationFrame(frame);
	}, []);
	const drawn = whole ? messages : messages.slice(-FIRST_DRAWN);

	// The end stays in view while an answer grows, unless the reader has scrolled up.
	const grown = (last?.text.length ?? 0) + (last?.thinking.length ?? 0);
	const lastId = last?.id;
	useLayoutEffect(() => {
		const view = content.current;
		if (lastId !== undefined && (grown > 0 || whole) && follows.current && view !== null)
			view.scrollTop = view.scrollHeight;
	}, [grown, lastId, whole]);

	// What is put in above leaves what is read where it is.
	const firstId = messages[0]?.id;
	useLayoutEffect(() => {
		const view = content.current;
		if (firstId === undefined || view === null || heightBefore.current === null) return;
		view.scrollTop += view.scrollHeight - heightBefore.current;
		heightBefore.current = null;
	}, [firstId]);

	return (
		<div
			className="content"
			ref={content}
			onScroll={(event) => {
				const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
				follows.current = scrollHeight - scrollTop - clientHeight < AT_END_PX;
			}}
		>
			<LastProblem />
			<Deleted />
			{messages.length === 0 ? (
				<Invitation onList={onList} />
			) : (
				<>
					{whole && earlier > 0 ? (
						<button
							type="button"
							className="button button-small button-plain more-button"
							onClick={() =>
								act(async () => {
									heightBefore.current = content.current?.scrollHeight ?? null;
									await showEarlier();
								})
							}
						>
							{words.say("chat.show-earlier", { count: earlier.toLocaleString(words.language) })}
						</button>
					) : null}
					<div className="chat" role="log" aria-label={words.say("chat.conversation")}>
						{drawn.map((message, index) =>
							message.role === "user" ? (
								<Question key={message.id} message={message} idle={idle} />
							) : (
								<Answer key={message.id} message={message} last={index === drawn.length - 1} />
							),
						)}
					</div>
				</>
			)}
		</div>
	);
}

/** What an empty conversation shows: an invitation, and the newest conversations. */
function Invitation({ onList }: { readonly onList: () => void }): ReactNode {
	const words = useWords();
	const recent = useCore((state) => state.chat.recent);
	const count = useCore((state) => state.chat.conversations);
	const roving = useRovingRows();
	return (
		<>
			<div className="empty">
				<Mark name="normal" />
				<h1>{words.say("ui.ask-anything")}</h1>
				<p>{words.say("chat.empty")}</p>
			</div>
			{recent.length === 0 ? null : (
				<>
					<div className="section-head">
						<h2>{words.say("chat.earlier")}</h2>
						<span className="muted" />
						<button type="button" className="button button-small button-plain" onClick={onList}>
							{words.say("chat.all", { count })}
						</button>
					</div>
					<ul {...roving} aria-label={words.say("chat.earlier")}>
						{recent.slice(0, LISTED_WHEN_EMPTY).map((row) => (
							<ConversationItem
								key={row.id}
								row={row}
								onOpen={(id) => act(() => api.openConversation({ id }))}
							/>
						))}
					</ul>
				</>
			)}
		</>
	);
}
