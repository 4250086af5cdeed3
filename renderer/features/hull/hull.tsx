import { memo, type ReactNode } from "react";
import { useShallow } from "zustand/react/shallow";
import type { FitVerdict } from "../../../shared/fit.ts";
import type { ModelKey } from "../../../shared/model.ts";
import type { AppState } from "../../../shared/state.ts";
import { BYTES_PER_GB } from "../../../shared/units.ts";
import { modelLabel } from "../../model-label.ts";
import { useCore } from "../../store.ts";
import { useWords, type Words } from "../../words.tsx";
import {
	type Ghost,
	ghostOf,
	hullStretches,
	hullTicks,
	type LoadLine,
	labelFor,
	labelRoomPercent,
	loadLine,
	type Stretch,
} from "./hull-geometry.ts";
import { leavingKeys } from "./preview.ts";

/** What the drawing depends on; each part keeps its identity while nothing in it changes. */
const hullParts = ({ machine, loaded, operations, engine, budget }: AppState) => ({
	machine,
	loaded,
	operations,
	engine,
	budget,
});

/**
 * One stretch. It spans the whole hull and is moved and scaled into place, so that a new sample costs no layout; what
 * stands further right covers what sticks out of it.
 */
const StretchView = memo(function StretchView(props: {
	readonly kind: Stretch["kind"];
	readonly slot: number | null;
	readonly state: Stretch["state"];
	readonly from: number;
	readonly share: number;
	readonly doneShare: number;
	readonly grownShare: number;
	readonly dim: boolean;
	/** Room for title and detail, percent of the hull; null where they fit in any case. */
	readonly room: number | null;
	readonly title: string;
	readonly detail: string;
	readonly number: string;
}): ReactNode {
	const { kind, slot, state, from, share, doneShare, grownShare, dim, title, detail, number } = props;
	const room = props.room === null ? {} : { maxInlineSize: `${props.room}%` };
	const look = kind === "free" ? "water" : `segment${kind === "other" ? " segment-other" : ""}`;
	return (
		<div
			className={`stretch ${look}${state === "leaving" ? " is-leaving" : ""}${dim ? " is-dim" : ""}`}
			{...(kind === "model" ? { "data-slot": slot ?? "none" } : {})}
			style={{ transform: `translateX(${from * 100}%)` }}
		>
			<i className="stretch-fill" style={{ transform: `scaleX(${share})` }} />
			{state === "loading" ? (
				<i className="stretch-done" style={{ transform: `scaleX(${share * doneShare})` }} />
			) : null}
			{grownShare === 0 ? null : (
				<i
					className="stretch-grown"
					style={{
						transform: `translateX(${share * (1 - grownShare) * 100}%) scaleX(${share * grownShare})`,
					}}
				/>
			)}
			{title === "" ? null : (
				<b dir="auto" style={room}>
					{title}
				</b>
			)}
			{detail === "" ? null : <span style={room}>{detail}</span>}
			{number === "" ? null : (
				<span className="stretch-number" style={{ transform: `translateX(${(share * 50).toFixed(3)}%)` }}>
					<span>{number}</span>
				</span>
			)}
		</div>
	);
});

function nameOf(stretch: Stretch, words: Words): string {
	if (stretch.kind === "other") return words.say("ui.other-apps");
	return stretch.kind === "free" ? words.say("ui.free") : modelLabel(stretch.name).base;
}

/** The hull in words, for those who do not see it. */
export function hullSentence(stretches: readonly Stretch[], totalBytes: number, words: Words): string {
	const parts = stretches.map((stretch) => `${nameOf(stretch, words)} ${words.gb(stretch.bytes)}.`);
	return `${words.say("ui.hull-total", { bytes: totalBytes })} ${parts.join(" ")}`;
}

/** The stretches of the hull in order. `lit` is the model that stands out, the others are dimmed. */
export function HullBody({
	labels,
	lit,
	preview = null,
}: {
	readonly labels: boolean;
	readonly lit: string | null;
	readonly preview?: FitVerdict | null;
}): ReactNode {
	const parts = useCore(useShallow(hullParts));
	const words = useWords();
	const leaving: ReadonlySet<ModelKey> = leavingKeys(preview, parts.loaded);
	const stretches = hullStretches(parts, leaving);
	const ghost = ghostOf(parts, preview, leaving);
	const line = loadLine(parts);
	const end = stretches.reduce((far, { kind, from, share }) => (kind === "free" ? far : from + share), 0);
	const total = parts.machine?.sample.totalBytes ?? 1;
	return (
		<div className={`hull-body${line === null ? "" : " has-reserve"}`}>
			{stretches.map((stretch) => {
				const name = nameOf(stretch, words);
				const fits = labels ? labelFor(stretch, name) : "none";
				// What a ghost lies over is not named: half a word would stick out from under it.
				const named =
					fits === "name" && stretch.state !== "leaving" && (ghost === null || stretch.kind !== "free");
				return (
					<StretchView
						key={stretch.id}
						kind={stretch.kind}
						slot={stretch.slot}
						state={stretch.state}
						from={stretch.from}
						share={stretch.share}
						doneShare={stretch.doneShare}
						grownShare={stretch.grownShare}
						dim={lit !== null && stretch.kind !== "free" && stretch.key !== lit}
						room={stretch.kind === "model" ? labelRoomPercent(stretch.bytes, total) : null}
						title={named ? name : ""}
						detail={named ? words.gb(stretch.bytes) : ""}
						number={fits === "number" && stretch.kind === "model" ? String(stretch.number) : ""}
					/>
				);
			})}
			{line === null || end <= line.at ? null : (
				<i
					className="hull-past"
					style={{ transform: `translateX(${line.at * 100}%) scaleX(${end - line.at})` }}
				/>
			)}
			{ghost === null ? null : <GhostView ghost={ghost} />}
		</div>
	);
}

/** A load that is pointed at; drawn only while it is, so that it may take part in the layout. */
function GhostView({ ghost }: { readonly ghost: Ghost }): ReactNode {
	const words = useWords();
	const { base, spoken } = modelLabel(ghost.name);
	const fits = labelFor({ kind: "model", share: Math.min(ghost.share, 1) }, base);
	const figure = words.gb(ghost.bytes);
	return (
		<div
			className={`ghost${ghost.over ? " is-over" : ""}${ghost.beyond ? " is-beyond" : ""}`}
			style={{ insetInlineStart: `${ghost.from * 100}%`, inlineSize: `${ghost.share * 100}%` }}
		>
			{ghost.pastShare === 0 ? null : (
				<i className="past" style={{ inlineSize: `${ghost.pastShare * 100}%` }} />
			)}
			{fits === "name" ? (
				<>
					<b>{spoken}</b>
					<span>{figure}</span>
				</>
			) : fits === "number" ? (
				<b className="is-figure">{`+${figure.replace("\u00a0", " ")}`}</b>
			) : null}
		</div>
	);
}

/** The load line with its figure: the mark itself, turned with the hull, put in place by a transform. */
const LoadLineView = memo(function LoadLineView({ at, bytes }: LoadLine): ReactNode {
	const words = useWords();
	const gb = bytes / BYTES_PER_GB;
	return (
		<div
			className={`load-line${at < 0.4 ? " is-early" : ""}`}
			style={{ transform: `translateX(${(at * 100).toFixed(2)}cqi)` }}
		>
			<span>
				{words.say("ui.load-line")}{" "}
				<b>{Number.isInteger(gb) ? words.say("ui.scale-end", { gb }) : words.gb(bytes)}</b>
			</span>
		</div>
	);
});

const Scale = memo(function Scale({ totalBytes }: { readonly totalBytes: number }): ReactNode {
	const words = useWords();
	const { stepShare, labels } = hullTicks(totalBytes);
	return (
		<ol className="scale" aria-hidden="true" style={{ backgroundSize: `${stepShare * 100}% 3px` }}>
			{labels.map(({ at, gb }) => (
				<li key={gb} style={{ insetInlineStart: `${at * 100}%` }}>
					{at === 1 ? words.say("ui.scale-end", { gb }) : gb}
				</li>
			))}
		</ol>
	);
});

/** The hull: one picture of the memory, to scale. */
export function Hull({
	lit,
	preview,
}: {
	readonly lit: string | null;
	readonly preview: FitVerdict | null;
}): ReactNode {
	const parts = useCore(useShallow(hullParts));
	const words = useWords();
	if (parts.machine === null) return null;
	const { totalBytes } = parts.machine.sample;
	const line = loadLine(parts);
	const sentence = hullSentence(hullStretches(parts), totalBytes, words);
	return (
		<div
			className={`hull${line === null ? "" : " has-line"}`}
			role="img"
			aria-label={
				line === null ? sentence : `${sentence} ${words.say("ui.load-line-at", { bytes: line.bytes })}`
			}
		>
			<HullBody labels lit={lit} preview={preview} />
			{line === null ? null : (
				<div className="load-lines">
					<LoadLineView at={line.at} bytes={line.bytes} />
				</div>
			)}
			<Scale totalBytes={totalBytes} />
		</div>
	);
}

/** The hull as a thin strip on every page but Now; leads back there. */
export function HullStrip({ onOpen }: { readonly onOpen: () => void }): ReactNode {
	const available = useCore((state) => state.machine?.sample.availableBytes ?? null);
	const spare = useCore((state) => state.budget?.spareBytes ?? null);
	const words = useWords();
	if (available === null) return null;
	const figure =
		spare === null
			? words.say("ui.available", { bytes: available })
			: words.say(spare < 0 ? "ui.over-line" : "ui.to-spare", { bytes: Math.abs(spare) });
	return (
		<button
			type="button"
			className="strip"
			onClick={onOpen}
			aria-label={words.say("ui.strip", { bytes: available })}
		>
			<span className="hull" aria-hidden="true">
				<HullBody labels={false} lit={null} />
			</span>
			<span>{figure}</span>
		</button>
	);
}
