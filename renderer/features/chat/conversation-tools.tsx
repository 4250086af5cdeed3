import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import type { ChatMessage } from "../../../shared/chat.ts";
import { api } from "../../api.ts";
import { saveText } from "../../save-text.ts";
import { act, coreNow, useCore } from "../../store.ts";
import { useWords, type Words } from "../../words.tsx";

/** Messages fetched at once for an export. */
const PAGE = 1_000;

/** Everything said in the open conversation, as one Markdown document. */
async function exported(words: Words): Promise<{ readonly name: string; readonly text: string }> {
	const { conversationMarkdown, exportName } = await import("../../../shared/conversation-markdown.ts");
	const { conversationId, title, systemPrompt, messages } = coreNow().chat;
	let all: readonly ChatMessage[] = messages;
	for (;;) {
		const beforeId = all[0]?.id;
		if (beforeId === undefined) break;
		const page = await api.earlierMessages({ conversationId, beforeId, limit: PAGE });
		all = [...page, ...all];
		if (page.length < PAGE) break;
	}
	const name = title === null || title === "" ? words.say("chat.picture") : title;
	const text = conversationMarkdown({ title: name, systemPrompt }, all, {
		you: words.say("chat.you"),
		systemPrompt: words.say("chat.instructions"),
		thinking: words.say("chat.thought"),
		unfinished: words.say("chat.stopped-here"),
		picture: (picture) => words.say("chat.picture-named", { name: picture }),
	});
	return { name: exportName(name), text };
}

/** What can be done with the open conversation. */
export function ConversationTools({ onClose }: { readonly onClose: () => void }): ReactNode {
	const words = useWords();
	const id = useCore((state) => state.chat.conversationId);
	const title = useCore((state) => state.chat.title);
	const systemPrompt = useCore((state) => state.chat.systemPrompt);
	const [name, setName] = useState(title ?? "");
	const [instructions, setInstructions] = useState(systemPrompt);
	const first = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
	useEffect(() => first.current?.focus(), []);

	function keep(event?: FormEvent): void {
		event?.preventDefault();
		act(async () => {
			if (title !== null && name.trim() !== "" && name !== title)
				await api.renameConversation({ id, title: name });
			if (instructions !== systemPrompt) await api.setSystemPrompt({ text: instructions });
		});
		onClose();
	}

	return (
		<form
			className="tools"
			onSubmit={keep}
			onKeyDown={(event) => {
				if (event.key !== "Escape") return;
				onClose();
				event.preventDefault();
				event.stopPropagation();
			}}
		>
			{title === null ? null : (
				<label>
					<span>{words.say("chat.title")}</span>
					<input
						ref={first}
						className="input"
						maxLength={200}
						value={name}
						onChange={(event) => setName(event.target.value)}
					/>
				</label>
			)}
			<label>
				<span>{words.say("chat.instructions")}</span>
				<textarea
					{...(title === null ? { ref: first } : {})}
					className="input"
					rows={3}
					maxLength={100_000}
					placeholder={words.say("chat.instructions-example")}
					value={instructions}
					onChange={(event) => setInstructions(event.target.value)}
				/>
			</label>
			<div className="actions">
				<button type="submit" className="button button-small button-primary">
					{words.say("chat.keep")}
				</button>
				{title === null ? null : (
					<>
						<button
							type="button"
							className="button button-small"
							onClick={() => act(async () => saveText(await exported(words), "text/markdown"))}
						>
							{words.say("chat.export")}
						</button>
						<button
							type="button"
							className="button button-small"
							onClick={() => act(async () => navigator.clipboard.writeText((await exported(words)).text))}
						>
							{words.say("chat.copy-all")}
						</button>
						<button
							type="button"
							className="button button-small button-plain"
							onClick={() => {
								onClose();
								act(() => api.deleteConversation({ id }));
							}}
						>
							{words.say("chat.delete")}
						</button>
					</>
				)}
			</div>
		</form>
	);
}
