import type { ReactNode } from "react";
import { api } from "../../api.ts";
import { Icon } from "../../icon.tsx";
import { act, useCore } from "../../store.ts";
import { useWords } from "../../words.tsx";
import { KeptPicture } from "./kept-picture.tsx";
import "./composer-extras.css";

/** What stands above the question field: a long text and pictures that go with it, and an answer that is coming elsewhere. */
export function ComposerExtras(props: {
	/** Characters of a long text that goes with the question. */
	readonly pastedLength: number;
	readonly onUnpaste: () => void;
	readonly onOpen: () => void;
}): ReactNode {
	const { pastedLength, onUnpaste, onOpen } = props;
	const words = useWords();
	const attached = useCore((state) => state.chat.attached);
	const elsewhere = useCore(({ chat }) =>
		chat.answering === null || chat.answering.conversationId === chat.conversationId ? null : chat.answering,
	);
	return (
		<>
			{elsewhere === null ? null : (
				<p className="composer-note">
					<span>{words.say("chat.answering-elsewhere", { title: elsewhere.title })}</span>
					<button
						type="button"
						className="button button-small button-plain"
						onClick={() => {
							onOpen();
							act(() => api.openConversation({ id: elsewhere.conversationId }));
						}}
					>
						{words.say("chat.open")}
					</button>
				</p>
			)}
			{pastedLength === 0 ? null : (
				<p className="composer-note">
					<span>{words.say("chat.pasted", { count: pastedLength.toLocaleString(words.language) })}</span>
					<button
						type="button"
						className="icon-button icon-button-small"
						aria-label={words.say("chat.remove-pasted")}
						onClick={onUnpaste}
					>
						<Icon name="x" />
					</button>
				</p>
			)}
			{attached.length === 0 ? null : (
				<ul className="attached" aria-label={words.say("chat.attached")}>
					{attached.map((picture) => {
						const name = picture.name === "" ? words.say("chat.picture") : picture.name;
						return (
							<li key={picture.id}>
								<KeptPicture className="thumb" picture={picture} named />
								<span>{name}</span>
								<button
									type="button"
									className="icon-button icon-button-small"
									aria-label={words.say("chat.remove-picture", { name })}
									onClick={() => act(() => api.detachPicture({ id: picture.id }))}
								>
									<Icon name="x" />
								</button>
							</li>
						);
					})}
				</ul>
			)}
		</>
	);
}
