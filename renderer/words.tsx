import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { en } from "../shared/messages/en.ts";
import type { Message, MessageId, MessageParams } from "../shared/messages/message.ts";
import { message } from "../shared/messages/message.ts";
import {
	formatDuration,
	formatGb,
	formatRoughDuration,
	type Language,
	type Renderer,
	rendererOf,
} from "../shared/messages/render.ts";
import { usePopover } from "./store.ts";

/** Turns messages and figures into the words of the popover's language. */
export interface Words {
	readonly language: Language;
	/** A sentence of the catalogue. */
	say<Id extends MessageId>(
		id: Id,
		...params: keyof MessageParams<Id> extends never ? [] : [MessageParams<Id>]
	): string;
	/** A sentence that core chose. */
	render(message: Message): string;
	/** Bytes as "7.4 GB". */
	gb(bytes: number): string;
	/** Milliseconds as "1.8 s" or "4 min". */
	duration(ms: number): string;
	/** As it is said after “about”. */
	roughDuration(ms: number): string;
	/** A time of day as "14:08". */
	time(at: number): string;
	/** Tokens of context as "8K". */
	context(tokens: number): string;
}

function systemLanguage(): Language {
	return navigator.language.startsWith("de") ? "de" : "en";
}

function makeWords(renderer: Renderer): Words {
	const { language } = renderer;
	const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
	return {
		language,
		say: (id, ...params) => renderer.render(message(id, ...params)),
		render: (said) => renderer.render(said),
		gb: (bytes) => formatGb(bytes, language),
		duration: (ms) => formatDuration(ms, language),
		roughDuration: (ms) => formatRoughDuration(ms, language),
		time: (at) => clock.format(at),
		context: (tokens) => (tokens >= 1024 ? `${Math.round(tokens / 1024)}K` : String(tokens)),
	};
}

const englishRenderer = rendererOf("en", en);
const english = makeWords(englishRenderer);

let later: Promise<void> | null = null;

/**
 * Fetches what parts that are opened later say in English; other languages come whole. To be awaited before such a
 * part is shown.
 */
export function laterWords(): Promise<void> {
	later ??= import("../shared/messages/en.ts?later").then((texts) => englishRenderer.add(texts.en));
	return later;
}

/** English is there from the start; other languages come when they are wanted. */
async function wordsOf(language: Language): Promise<Words> {
	if (language === "en") return english;
	const { de } = await import("../shared/messages/de.ts");
	return makeWords(rendererOf("de", de));
}

const WordsContext = createContext<Words>(english);

/** Gives the popover its language: the one that is set, else the system's. */
export function WordsProvider({ children }: { readonly children: ReactNode }): ReactNode {
	const set = usePopover((store) => store.state?.settings.language ?? "system");
	const language = set === "system" ? systemLanguage() : set;
	const [words, setWords] = useState(english);
	useEffect(() => {
		let wanted = true;
		void wordsOf(language).then((loaded) => {
			if (!wanted) return;
			document.documentElement.lang = language;
			setWords(loaded);
		});
		return () => {
			wanted = false;
		};
	}, [language]);
	return <WordsContext value={words}>{children}</WordsContext>;
}

/** The words of the popover's language. */
export function useWords(): Words {
	return useContext(WordsContext);
}
