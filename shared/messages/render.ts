import { createInstance } from "i18next";
import { BYTES_PER_GB } from "../units.ts";
import type { en } from "./en.ts";
import type { Message } from "./message.ts";

/** The languages of the catalogue. */
export type Language = "en" | "de";

/** Turns messages into sentences of one language. */
export interface Renderer {
	readonly language: Language;
	/** The sentence of a message. */
	render(message: Message): string;
	/** Adds texts that came later. */
	add(texts: Partial<Catalogue>): void;
}

const NBSP = "\u00a0";
const MINUS = "\u2212";

/** Bytes as GB with one decimal, a no-break space and a true minus: "7.4 GB". */
export function formatGb(bytes: number, language: Language): string {
	const gb = Math.round((bytes / BYTES_PER_GB) * 10) / 10;
	const digits = new Intl.NumberFormat(language, {
		minimumFractionDigits: 1,
		maximumFractionDigits: 1,
	}).format(Math.abs(gb));
	return `${gb < 0 ? MINUS : ""}${digits}${NBSP}GB`;
}

/** Milliseconds as people say them: "1.8 s" below a minute, then whole minutes, then hours. */
export function formatDuration(ms: number, language: Language): string {
	if (ms < 59_950) {
		const seconds = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
		return `${seconds.format(ms / 1000)}${NBSP}s`;
	}
	const minutes = Math.round(ms / 60_000);
	return minutes < 120 ? `${minutes}${NBSP}min` : `${Math.round(minutes / 60)}${NBSP}h`;
}

/** What is only about so long: whole seconds, from a minute on whole minutes. */
export function formatRoughDuration(ms: number, language: Language): string {
	return ms < 59_500 ? `${Math.max(1, Math.round(ms / 1000))}${NBSP}s` : formatDuration(ms, language);
}

function formatTime(at: number, language: Language): string {
	return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(
		at,
	);
}

/** The texts of one language, by message id. */
export type Catalogue = { readonly [Id in keyof typeof en]: string };

/** Makes a renderer from a language's texts. */
export function rendererOf(language: Language, catalogue: Catalogue): Renderer {
	const instance = createInstance();
	void instance.init({
		lng: language,
		fallbackLng: false,
		keySeparator: false,
		nsSeparator: false,
		initAsync: false,
		// Standard output belongs to the commands.
		showSupportNotice: false,
		interpolation: { escapeValue: false },
		resources: { [language]: { translation: catalogue } },
	});
	const formatter = instance.services.formatter;
	formatter?.add("gb", (value: number) => formatGb(value, language));
	formatter?.add("ms", (value: number) => formatDuration(value, language));
	formatter?.add("time", (value: number) => formatTime(value, language));
	return {
		language,
		render: (message) => instance.t(message.id, { ...message.params }),
		add: (texts) => void instance.addResources(language, "translation", texts),
	};
}
