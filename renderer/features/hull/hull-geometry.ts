import type { FitVerdict } from "../../../shared/fit.ts";
import type { ModelKey } from "../../../shared/model.ts";
import type { AppState } from "../../../shared/state.ts";
import { BYTES_PER_GB } from "../../../shared/units.ts";

/** A stretch of the hull; positions and widths are shares of the whole, 0 to 1. */
export interface Stretch {
	readonly id: string;
	readonly kind: "other" | "model" | "free";
	readonly from: number;
	readonly share: number;
	readonly bytes: number;
	/** Models only. */
	readonly key: ModelKey | null;
	readonly name: string;
	/** Place in hull and list, from 1. */
	readonly number: number;
	readonly slot: number | null;
	/** `leaving` is striped, `loading` is filled as far as `doneShare`. */
	readonly state: "still" | "leaving" | "loading";
	readonly doneShare: number;
	/** Share of the stretch that its runner has grown by. */
	readonly grownShare: number;
	/** Bytes of it that stand past the load line. */
	readonly pastBytes: number;
}

/** Where the load line stands, as a share of the hull, 0 to 1. */
export interface LoadLine {
	readonly at: number;
	readonly bytes: number;
}

/** A model that might come, laid over the hull; shares of the whole, 0 to 1. */
export interface Ghost {
	readonly name: string;
	readonly bytes: number;
	readonly from: number;
	readonly share: number;
	/** Share of the ghost that is past the load line. */
	readonly pastShare: number;
	readonly over: boolean;
	/** It is longer than the hull. */
	readonly beyond: boolean;
}

/** What the hull is drawn from. */
export type HullState = Pick<AppState, "machine" | "loaded" | "operations" | "engine" | "budget">;

/** Bytes at which the load line is called a round number. */
const ROUND_GB = 0.05;

/** The load line; null where there is no budget, as on another machine. */
export function loadLine({ machine, budget }: HullState): LoadLine | null {
	if (machine === null || budget === null) return null;
	const total = machine.sample.totalBytes;
	const at = Math.min(1, Math.max(0, budget.loadLineBytes / total));
	const gb = budget.loadLineBytes / BYTES_PER_GB;
	const bytes =
		Math.abs(gb - Math.round(gb)) < ROUND_GB ? Math.round(gb) * BYTES_PER_GB : budget.loadLineBytes;
	return { at, bytes: Math.max(0, bytes) };
}

/** A mark under the hull. */
export interface Tick {
	readonly at: number;
	readonly gb: number;
}

/**
 * The stretches of the hull: other apps, loaded models in number order, free memory up to the load line. Models elsewhere
 * are not drawn; those that would leave stand at the water's edge.
 */
export function hullStretches(
	state: HullState,
	leaving: ReadonlySet<ModelKey> = new Set(),
): readonly Stretch[] {
	const { machine, budget } = state;
	if (machine === null) return [];
	const total = machine.sample.totalBytes;
	const stretches: Stretch[] = [];
	let from = 0;
	let takenBytes = 0;
	const line = budget === null ? total : Math.min(total, Math.max(0, budget.loadLineBytes));
	const add = (stretch: Omit<Stretch, "from" | "share" | "pastBytes">): void => {
		const share = Math.max(0, Math.min(stretch.bytes / total, 1 - from));
		const pastBytes =
			budget === null || stretch.kind !== "model"
				? 0
				: Math.min(stretch.bytes, Math.max(0, takenBytes + stretch.bytes - line));
		takenBytes += stretch.bytes;
		stretches.push({ ...stretch, from, share, pastBytes });
		from += share;
	};
	const plain = {
		key: null,
		name: "",
		number: 0,
		slot: null,
		state: "still",
		doneShare: 1,
		grownShare: 0,
	} as const;
	add({ ...plain, id: "other", kind: "other", bytes: machine.otherAppsBytes });
	const here = state.engine.locality === "local" ? state.loaded : [];
	const order = here.map((model, index) => ({ model, index }));
	const inPlace = [
		...order.filter(({ model }) => !leaving.has(model.key)),
		...order.filter(({ model }) => leaving.has(model.key)),
	];
	for (const { model, index } of inPlace) {
		const budgeted = budget?.models.find(({ key }) => key === model.key);
		const progress = state.operations.find(
			(operation) => operation.kind === "load" && operation.key === model.key && operation.progress !== null,
		)?.progress;
		const loading = model.state === "loading";
		const bytes =
			loading && progress
				? Math.max(progress.totalBytes, model.footprintBytes)
				: Math.max(model.footprintBytes, budgeted?.footprintBytes ?? 0);
		add({
			id: model.key,
			kind: "model",
			key: model.key,
			name: model.name,
			number: index + 1,
			slot: model.slot,
			bytes,
			state:
				model.state === "draining" || model.state === "unloading" || leaving.has(model.key)
					? "leaving"
					: loading
						? "loading"
						: "still",
			doneShare: loading && bytes > 0 ? Math.min(1, model.footprintBytes / bytes) : 1,
			grownShare: bytes > 0 ? Math.min(1, (budgeted?.grownBytes ?? 0) / bytes) : 0,
		});
	}
	add({ ...plain, id: "free", kind: "free", bytes: Math.max(0, line - from * total) });
	return stretches;
}

/** Figures beside a row move in these steps, so that a sample redraws no row. */
const STEP_BYTES = BYTES_PER_GB / 20;

/** How far a loaded model stands past the load line, bytes. */
export function pastLineBytes(state: HullState, key: ModelKey): number {
	if (state.budget === null || state.budget.spareBytes >= 0) return 0;
	const bytes = hullStretches(state).find((stretch) => stretch.key === key)?.pastBytes ?? 0;
	return Math.round(bytes / STEP_BYTES) * STEP_BYTES;
}

/** A load that is pointed at, laid where what stays ends. */
export function ghostOf(
	state: HullState,
	verdict: FitVerdict | null,
	leaving: ReadonlySet<ModelKey>,
): Ghost | null {
	if (verdict === null || state.machine === null) return null;
	const total = state.machine.sample.totalBytes;
	const staying = hullStretches(state, leaving).filter(
		({ kind, key }) => kind !== "free" && (key === null || !leaving.has(key)),
	);
	const from = staying.reduce((end, stretch) => Math.max(end, stretch.from + stretch.share), 0);
	const bytes = verdict.footprint.totalBytes;
	const over = verdict.outcome === "over" && verdict.because === "memory";
	const share = Math.min(bytes / total, Math.max(0, 1 - from));
	const beyond = bytes / total > share;
	const line = loadLine(state)?.at ?? 1;
	const pastShare = over && share > 0 ? Math.min(1, Math.max(0, (from + share - line) / share)) : 0;
	return { name: verdict.name, bytes, from, share, pastShare, over, beyond };
}

/** Round steps under the hull: 2 GB up to 24, 4 up to 48, 8 above; labels at every second and at the end. */
export function hullTicks(totalBytes: number): {
	readonly stepShare: number;
	readonly labels: readonly Tick[];
} {
	const totalGb = totalBytes / BYTES_PER_GB;
	const step = totalGb <= 24 ? 2 : totalGb <= 48 ? 4 : 8;
	const labels: Tick[] = [];
	for (let gb = 0; gb < totalGb - step; gb += step * 2) labels.push({ gb, at: gb / totalGb });
	labels.push({ gb: Math.round(totalGb), at: 1 });
	return { stepShare: step / totalGb, labels };
}

/** Width of the hull at 100 % text, and of a letter of its labels; enough to tell what fits. */
const HULL_PX = 348;
const LETTER_PX = 6.4;
const LABEL_PADDING_PX = 12;

/** What the curve of the bow takes from the last stretch, at the height of the figure. */
const BOW_PX = 22;

/** What fits into a stretch: the name (whole, or nine letters of it), only the number, or nothing. */
export function labelFor(
	stretch: Pick<Stretch, "kind" | "share">,
	label: string,
): "name" | "number" | "none" {
	const px = stretch.share * HULL_PX - (stretch.kind === "free" ? BOW_PX : 0);
	const wanted = Math.min(label.length, 9) * LETTER_PX + LABEL_PADDING_PX;
	if (px >= wanted && px >= 44) return "name";
	return px >= 10 ? "number" : "none";
}

/**
 * Room for a model's label, percent of the hull, from the figure as it is shown: so it changes only when the figure does,
 * and a sample that changes no figure costs no layout.
 */
export function labelRoomPercent(bytes: number, totalBytes: number): number {
	const shownBytes = Math.round((bytes / BYTES_PER_GB) * 10) * (BYTES_PER_GB / 10);
	return Math.max(0, Math.round((shownBytes / totalBytes) * 1000) / 10);
}
