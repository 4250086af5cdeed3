import { useCallback, useState } from "react";
import type { ChatMessage } from "../../../shared/chat.ts";
import { api } from "../../api.ts";
import { useCore } from "../../store.ts";

/** Earlier messages fetched at once. */
const PAGE = 60;

/** The messages of the open conversation as far as they are on screen. */
export interface ShownMessages {
	readonly messages: readonly ChatMessage[];
	/** How many are not on screen yet. */
	readonly earlier: number;
	/** Brings some of them. */
	readonly showEarlier: () => Promise<void>;
}

/** Puts what was paged in, or has left the state since, before what the state has. */
function joined(before: readonly ChatMessage[], now: readonly ChatMessage[]): readonly ChatMessage[] {
	const at = before.findIndex(({ id }) => id === now[0]?.id);
	return at <= 0 ? now : [...before.slice(0, at), ...now];
}

/** Follows the open conversation; what was paged in stays until another one is opened. */
export function useMessages(): ShownMessages {
	const conversationId = useCore((state) => state.chat.conversationId);
	const newest = useCore((state) => state.chat.messages);
	const earlierInCore = useCore((state) => state.chat.earlier);
	const [kept, setKept] = useState({ conversationId, newest, all: newest });
	let { all } = kept;
	if (kept.conversationId !== conversationId || kept.newest !== newest) {
		all = kept.conversationId === conversationId ? joined(kept.all, newest) : newest;
		setKept({ conversationId, newest, all });
	}
	const earlier = Math.max(0, earlierInCore - (all.length - newest.length));
	const beforeId = all[0]?.id;

	const showEarlier = useCallback(async () => {
		if (beforeId === undefined) return;
		const page = await api.earlierMessages({ conversationId, beforeId, limit: PAGE });
		setKept((now) =>
			now.conversationId === conversationId && now.all[0]?.id === beforeId
				? { ...now, all: [...page, ...now.all] }
				: now,
		);
	}, [conversationId, beforeId]);

	return { messages: all, earlier, showEarlier };
}
