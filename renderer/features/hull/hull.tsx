import { memo, type ReactNode } from "react";
import { useShallow } from "zustand/react/shallow";
import type { AppState } from "../../../shared/state.ts";
import { modelLabel } from "../../model-label.ts";
import { useCore } from "../../store.ts";
import { useWords, type Words } from "../../words.tsx";
import { hullStretches, hullTicks, labelFor, labelRoomPercent, type Stretch } from "./hull-geometry.ts";

/** What the drawing depends on; each part keeps its identity while nothing in it changes. */
const hullParts = ({ machine, loaded, operations, engine }: AppState) => ({
	machine,
	loaded,
	operations,
	engine,
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
	readonly dim: boolean;
	/** Room for title and detail, percent of the hull; null where they fit in any case. */
	readonly room: number | null;
	readonly title: string;
	readonly detail: string;
	readonly number: string;
}): ReactNode {
	const { kind, slot, state, from, share, doneShare, dim, title, detail, number } = props;
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
}: {
	readonly labels: boolean;
	readonly lit: string | null;
}): ReactNode {
	const parts = useCore(useShallow(hullParts));
	const words = useWords();
	const total = parts.machine?.sample.totalBytes ?? 1;
	return (
		<div className="hull-body">
			{hullStretches(parts).map((stretch) => {
				const name = nameOf(stretch, words);
				const fits = labels ? labelFor(stretch, name) : "none";
				const named = fits === "name" && stretch.state !== "leaving";
				return (
					<StretchView
						key={stretch.id}
						kind={stretch.kind}
						slot={stretch.slot}
						state={stretch.state}
						from={stretch.from}
						share={stretch.share}
						doneShare={stretch.doneShare}
						dim={lit !== null && stretch.kind !== "free" && stretch.key !== lit}
						room={stretch.kind === "model" ? labelRoomPercent(stretch.bytes, total) : null}
						title={named ? name : ""}
						detail={named ? words.gb(stretch.bytes) : ""}
						number={fits === "number" && stretch.kind === "model" ? String(stretch.number) : ""}
					/>
				);
			})}
		</div>
	);
}

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
export function Hull({ lit }: { readonly lit: string | null }): ReactNode {
	const parts = useCore(useShallow(hullParts));
	const words = useWords();
	if (parts.machine === null) return null;
	const { totalBytes } = parts.machine.sample;
	return (
		<div className="hull" role="img" aria-label={hullSentence(hullStretches(parts), totalBytes, words)}>
			<HullBody labels lit={lit} />
			<Scale totalBytes={totalBytes} />
		</div>
	);
}

/** The hull as a thin strip on every page but Now; leads back there. */
export function HullStrip({ onOpen }: { readonly onOpen: () => void }): ReactNode {
	const available = useCore((state) => state.machine?.sample.availableBytes ?? null);
	const words = useWords();
	if (available === null) return null;
	const figure = words.say("ui.available", { bytes: available });
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
