import type { FitVerdict } from "../../../shared/fit.ts";
import type { ModelKey } from "../../../shared/model.ts";
import type { AppState } from "../../../shared/state.ts";
import { modelLabel } from "../../model-label.ts";
import type { Words } from "../../words.tsx";

/** Models that would have to go for a load, also those that are waited for, and itself where it is loaded otherwise. */
export function leavingKeys(verdict: FitVerdict | null, loaded: AppState["loaded"]): ReadonlySet<ModelKey> {
	if (verdict === null) return new Set();
	return new Set([
		verdict.key,
		...verdict.steps.filter(({ kind }) => kind === "evict").map(({ key }) => key),
		...loaded.filter(({ name }) => verdict.waitFor.includes(name)).map(({ key }) => key),
	]);
}

function names(list: readonly string[]): string {
	return list.map((name) => modelLabel(name).base).join(", ");
}

/** Headline and sentence of a load that is pointed at, in the conditional. */
export function previewWords(verdict: FitVerdict, words: Words): readonly [string, string] {
	const model = modelLabel(verdict.name).base;
	const bytes = verdict.footprint.totalBytes;
	const spareBytes = Math.max(0, verdict.marginBytes);
	const evicted = verdict.steps.filter(({ kind }) => kind === "evict").map(({ name }) => name);
	const trimmed = verdict.steps.filter(({ kind }) => kind === "trim").map(({ name }) => name);
	switch (verdict.outcome) {
		case "fits":
			return [words.say("ui.fit-fits", { model }), words.say("ui.fit-fits-sub", { bytes: spareBytes })];
		case "fits-after": {
			const title =
				evicted.length === 0
					? words.say("ui.fit-trim", { models: names(trimmed) })
					: words.say(evicted.length === 1 ? "ui.fit-after-one" : "ui.fit-after-many", {
							models: names(evicted),
						});
			return [title, words.say("ui.fit-after-sub", { model, bytes, spareBytes })];
		}
		case "split":
			return [
				words.say("ui.fit-split", { model, percent: verdict.gpuPercent }),
				words.say("ui.fit-split-sub"),
			];
		case "over":
			if (verdict.because !== "memory")
				return [words.say("ui.fit-ceiling", { model }), words.say("ui.fit-ceiling-sub")];
			return [
				words.say("ui.fit-over", { bytes: -verdict.marginBytes }),
				overSentence(verdict, model, evicted, words),
			];
	}
}

function overSentence(verdict: FitVerdict, model: string, evicted: readonly string[], words: Words): string {
	const helps = helpWords(verdict, words);
	const even =
		evicted.length === 0
			? words.say("ui.fit-over-sub", { model })
			: words.say(evicted.length === 1 ? "ui.fit-over-even-one" : "ui.fit-over-even-many", {
					model,
					models: names(evicted),
				});
	return helps === null ? words.say("ui.fit-too-large", { model }) : `${even} ${helps}`;
}

/** The handiest thing that would make room, or null where nothing on this machine would. */
export function helpWords(verdict: FitVerdict, words: Words): string | null {
	for (const help of verdict.help) {
		if (help.kind === "flush") return words.say("ui.fit-help-flush");
		if (help.kind === "unpin") return words.say("ui.fit-help-unpin", { models: names(help.names) });
		if (help.kind === "wait")
			return words.say(help.names.length === 1 ? "ui.fit-help-wait-one" : "ui.fit-help-wait-many", {
				models: names(help.names),
			});
		if (help.kind === "context")
			return words.say("ui.fit-help-context", { context: words.context(help.contextLength) });
	}
	return null;
}

/** What an installed row says of its fit; empty where it fits as it is. */
export function fitNote(
	verdict: FitVerdict | null,
	words: Words,
): { readonly text: string; readonly over: boolean } {
	if (verdict === null) return { text: "", over: false };
	const unloads = verdict.steps.filter(({ kind }) => kind === "evict").length + verdict.waitFor.length;
	switch (verdict.outcome) {
		case "fits":
			return { text: "", over: false };
		case "fits-after":
			return {
				text:
					unloads === 0
						? words.say("ui.note-trims", { count: verdict.steps.length })
						: words.say("ui.note-unloads", { count: unloads }),
				over: false,
			};
		case "split":
			return { text: words.say("ui.note-split", { percent: verdict.gpuPercent }), over: false };
		case "over":
			return {
				text:
					verdict.because === "memory"
						? words.say("ui.note-over", { bytes: -verdict.marginBytes })
						: words.say("ui.note-ceiling"),
				over: true,
			};
	}
}
