import { type ReactNode, useEffect, useRef } from "react";
import { api } from "../../api.ts";
import { Icon, Mark } from "../../icon.tsx";
import { act, useCore } from "../../store.ts";
import { useWords } from "../../words.tsx";
import { HullStrip } from "../hull/hull.tsx";
import { LastProblem } from "../problem/problem.tsx";
import { Answer } from "./answer.tsx";

/** A reader this close to the end wants to see what comes. */
const AT_END_PX = 40;

/** One conversation with a chosen model. */
export function ChatPage({ onNow }: { readonly onNow: () => void }): ReactNode {
	const messages = useCore((state) => state.chat.messages);
	const words = useWords();
	const content = useRef<HTMLDivElement>(null);
	const follows = useRef(true);
	const last = messages.at(-1);

	// The end stays in view while an answer grows, unless the reader has scrolled up.
	const grown = (last?.text.length ?? 0) + (last?.thinking.length ?? 0) + messages.length;
	useEffect(() => {
		const view = content.current;
		if (grown > 0 && follows.current && view !== null) view.scrollTop = view.scrollHeight;
	}, [grown]);

	return (
		<div className="body">
			<HullStrip onOpen={onNow} />
			{messages.length === 0 ? null : (
				<div className="chat-bar">
					<span className="chat-bar-end" />
					<h1>
						<bdi>{messages[0]?.text.slice(0, 80)}</bdi>
					</h1>
					<button
						type="button"
						className="icon-button"
						aria-label={words.say("ui.new-conversation")}
						onClick={() => act(() => api.newConversation(null))}
					>
						<Icon name="plus" />
					</button>
				</div>
			)}
			<div
				className="content"
				ref={content}
				onScroll={(event) => {
					const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
					follows.current = scrollHeight - scrollTop - clientHeight < AT_END_PX;
				}}
			>
				<LastProblem />
				{messages.length === 0 ? (
					<div className="empty">
						<Mark name="normal" />
						<h1>{words.say("ui.ask-anything")}</h1>
						<p>{words.say("ui.chat-empty")}</p>
					</div>
				) : (
					<div className="chat" role="log" aria-label={words.say("ui.conversation")}>
						{messages.map((message, index) =>
							message.role === "user" ? (
								<div key={message.id} className="said" dir="auto">
									{message.text}
								</div>
							) : (
								<Answer key={message.id} message={message} last={index === messages.length - 1} />
							),
						)}
					</div>
				)}
			</div>
		</div>
	);
}
