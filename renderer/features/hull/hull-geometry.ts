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
}

/** A mark under the hull. */
export interface Tick {
	readonly at: number;
	readonly gb: number;
}

/** What the hull is drawn from: other apps, loaded models in number order, free memory. Models elsewhere are not drawn. */
export function hullStretches(
	state: Pick<AppState, "machine" | "loaded" | "operations" | "engine">,
): readonly Stretch[] {
	const { machine } = state;
	if (machine === null) return [];
	const total = machine.sample.totalBytes;
	const stretches: Stretch[] = [];
	let from = 0;
	const add = (stretch: Omit<Stretch, "from" | "share">): void => {
		const share = Math.max(0, Math.min(stretch.bytes / total, 1 - from));
		stretches.push({ ...stretch, from, share });
		from += share;
	};
	const plain = { key: null, name: "", number: 0, slot: null, state: "still", doneShare: 1 } as const;
	add({ ...plain, id: "other", kind: "other", bytes: machine.otherAppsBytes });
	const here = state.engine.locality === "local" ? state.loaded : [];
	here.forEach((model, index) => {
		const progress = state.operations.find(
			(operation) => operation.kind === "load" && operation.key === model.key && operation.progress !== null,
		)?.progress;
		const loading = model.state === "loading";
		const bytes =
			loading && progress ? Math.max(progress.totalBytes, model.footprintBytes) : model.footprintBytes;
		add({
			id: model.key,
			kind: "model",
			key: model.key,
			name: model.name,
			number: index + 1,
			slot: model.slot,
			bytes,
			state:
				model.state === "draining" || model.state === "unloading" ? "leaving" : loading ? "loading" : "still",
			doneShare: loading && bytes > 0 ? Math.min(1, model.footprintBytes / bytes) : 1,
		});
	});
	add({ ...plain, id: "free", kind: "free", bytes: Math.max(0, total * (1 - from)) });
	return stretches;
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
