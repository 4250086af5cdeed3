import { type ReactNode, useEffect, useRef, useState } from "react";
import { useShallow } from "zustand/react/shallow";
import type { FitVerdict } from "../../../shared/fit.ts";
import { PRESSURE_LEVELS, type PressureLevel } from "../../../shared/machine.ts";
import type { LoadedModel } from "../../../shared/model.ts";
import type { AppState } from "../../../shared/state.ts";
import { Mark, type MarkName } from "../../icon.tsx";
import { modelLabel } from "../../model-label.ts";
import { useCore } from "../../store.ts";
import { useWords, type Words } from "../../words.tsx";
import { previewWords } from "../hull/preview.ts";
import { useWatchPaused } from "../watchdog/watch-paused.tsx";

/** The live region speaks at most this often; a new level speaks at once. */
const SPEAK_EVERY_MS = 10_000;

function engineAway(state: AppState): boolean {
	return state.engine.connection.state !== "connected";
}

function markOf(state: AppState): MarkName {
	const level = state.machine?.level ?? "normal";
	if (level === "high" || level === "critical") return level;
	const { connection } = state.engine;
	if (connection.state === "starting" || state.operations.length > 0) return "busy";
	return engineAway(state) ? "offline" : level;
}

function loadingText(state: AppState, words: Words): readonly [string, string] | null {
	const load = state.operations.find(
		(operation) => operation.kind === "load" && operation.state === "running",
	);
	if (load === undefined || load.name === null) return null;
	const name = modelLabel(load.name).base;
	const { progress } = load;
	return [
		words.say("ui.headline-loading", { model: name }),
		progress === null
			? words.say("ui.loading-begins")
			: words.say("ui.loading-figures", { doneBytes: progress.doneBytes, totalBytes: progress.totalBytes }),
	];
}

function subline(state: AppState, words: Words): string {
	const { machine, engine, loaded, operations, watchdog } = state;
	const acts = watchdog.mode === "watching";
	if (watchdog.emergency !== null) return words.say("ui.sub-emergency");
	const others = watchdog.othersPressure;
	if (others !== null) return words.say("ui.sub-others", { bytes: others.modelsBytes });
	if (machine?.level === "critical") return words.say("ui.sub-critical");
	if (machine?.level === "high") return words.say(acts ? "ui.sub-high-acts" : "ui.sub-high");
	switch (engine.connection.state) {
		case "connecting":
			return words.say("ui.sub-connecting");
		case "starting":
			return words.say("ui.sub-starting");
		case "unreachable":
			return words.say(loaded.length > 0 ? "ui.sub-last-seen" : "ui.sub-unreachable");
		case "not-installed":
			return words.say("ui.sub-not-installed");
		case "connected":
			if (engine.connection.busy) return words.say("ui.sub-busy");
	}
	if (engine.kind === "demo") return words.say("ui.sub-demo");
	if (engine.locality === "remote") return words.say("ui.sub-remote", { host: new URL(engine.url).hostname });
	const draining = loaded.find((model) => model.state === "draining");
	if (draining !== undefined) {
		const bytes = (machine?.sample.availableBytes ?? 0) + draining.footprintBytes;
		return words.say("ui.sub-draining", { bytes, model: modelLabel(draining.name).base });
	}
	if (operations.some((operation) => operation.kind === "flush")) return words.say("ui.sub-flushing");
	const past = pastModel(state);
	if (past !== null && machine !== null)
		return words.say("ui.sub-past", { model: modelLabel(past.name).base });
	const grown = grownModel(state);
	if (grown !== null)
		return words.say("ui.sub-grown", { model: modelLabel(grown.name).base, bytes: grown.bytes });
	const odd = loaded.filter((model) => model.oddity !== null).length;
	if (odd > 0) return words.say("ui.sub-odd", { count: odd });
	if (machine?.level === "elevated") return words.say("ui.sub-elevated");
	if (machine === null) return words.say("ui.sub-reading");
	return loaded.length === 0 ? words.say("ui.sub-none") : words.say("ui.sub-fine", { count: loaded.length });
}

/** The last loaded model, where what is loaded stands past the load line. */
function pastModel({ budget, loaded }: AppState): LoadedModel | null {
	return budget !== null && budget.spareBytes < 0 ? (loaded.at(-1) ?? null) : null;
}

/** The model that has grown most. */
function grownModel({ budget, loaded }: AppState): { readonly name: string; readonly bytes: number } | null {
	const [most] = (budget?.models ?? [])
		.filter(({ grownBytes }) => grownBytes > 0)
		.toSorted((a, b) => b.grownBytes - a.grownBytes);
	const model = loaded.find(({ key }) => key === most?.key);
	return most === undefined || model === undefined ? null : { name: model.name, bytes: most.grownBytes };
}

/** What there is to spare, or by how much it is over; what is available where there is no budget. */
function figure({ machine, budget }: AppState, words: Words): string {
	if (machine === null) return words.say("ui.reading-memory");
	if (budget === null) return words.say("ui.available", { bytes: machine.sample.availableBytes });
	if (budget.spareBytes >= 0) return words.say("ui.to-spare", { bytes: budget.spareBytes });
	const pressed = machine.level === "high" || machine.level === "critical";
	return words.say(pressed ? "ui.over-line" : "ui.over-when-busy", { bytes: -budget.spareBytes });
}

function litText(model: LoadedModel, words: Words): readonly [string, string] {
	const source = words.say(`ui.source-${model.footprintSource}`);
	const parts = { bytes: model.footprintBytes, source, reportedBytes: model.reportedBytes };
	return [modelLabel(model.name).spoken, words.say("ui.lit-figures", parts)];
}

/** Says the headline to a screen reader: a new level at once, new figures at most every ten seconds. */
function Spoken({ text, level }: { readonly text: string; readonly level: PressureLevel }): ReactNode {
	const [said, setSaid] = useState(text);
	const last = useRef({ at: 0, level });
	useEffect(() => {
		const due = level === last.current.level ? last.current.at + SPEAK_EVERY_MS - Date.now() : 0;
		const timer = setTimeout(
			() => {
				last.current = { at: Date.now(), level };
				setSaid(text);
			},
			Math.max(0, due),
		);
		return () => clearTimeout(timer);
	}, [text, level]);
	return (
		<p
			className="visually-hidden"
			aria-live={level === "high" || level === "critical" ? "assertive" : "polite"}
		>
			{said}
		</p>
	);
}

const headlineParts = (state: AppState) => ({
	machine: state.machine,
	engine: state.engine,
	loaded: state.loaded,
	operations: state.operations,
	watchdog: state.watchdog,
	budget: state.budget,
});

/** Mark, headline figure, pressure and the sentence below them. `lit` is the loaded model that is pointed at. */
export function Headline(props: {
	readonly lit: LoadedModel | null;
	/** The load that is pointed at; headline and sentence speak for it. */
	readonly preview: FitVerdict | null;
	readonly pressureOpen: boolean;
	readonly onPressure: () => void;
}): ReactNode {
	const parts = useCore(useShallow(headlineParts)) as AppState;
	const words = useWords();
	const paused = useWatchPaused();
	const { machine } = parts;
	const level = machine?.level ?? "normal";
	const available = figure(parts, words);
	const loading = level === "high" || level === "critical" ? null : loadingText(parts, words);
	const [title, sub] =
		props.lit !== null
			? litText(props.lit, words)
			: props.preview !== null
				? previewWords(props.preview, words)
				: (loading ?? [available, subline(parts, words)]);
	const steps = PRESSURE_LEVELS.indexOf(level) + 1;
	return (
		<>
			<div className={`headline${props.lit === null && props.preview !== null ? " is-preview" : ""}`}>
				<Mark name={markOf(parts)} />
				<h1>{title}</h1>
				<button
					type="button"
					className="pressure"
					aria-expanded={props.pressureOpen}
					aria-controls="pressure-detail"
					aria-label={words.say("ui.pressure-label", { level: words.say(`ui.level-${level}`) })}
					onClick={props.onPressure}
				>
					<span className="steps" data-steps={steps} />
					<span>{words.say("ui.pressure", { level: words.say(`ui.level-${level}`) })}</span>
				</button>
			</div>
			<p className={`sub${props.lit === null && props.preview !== null ? " sub-wide sub-preview" : ""}`}>
				{props.lit === null && props.preview === null && loading === null && paused !== null ? paused : sub}
			</p>
			<Spoken text={`${props.preview === null ? available : title}. ${sub}`} level={level} />
		</>
	);
}
