import type { LoadedModel, ModelKey } from "../../../shared/model.ts";
import type { Footprints } from "../footprint/footprints.ts";
import { mapsWeights } from "../footprint/runner-settings.ts";
import {
	evictionCost,
	expectedLoadSeconds,
	expectedWaitMs,
	type UseHistory,
	usedAgain,
} from "./eviction-cost.ts";
import type { Observer } from "./observer.ts";
import type { Resident } from "./planner.ts";
import { isEmbedding } from "./touch.ts";

/** What the residents are read from. */
export interface ResidentParts {
	readonly observer: Pick<Observer, "loaded" | "processOf" | "activityOf" | "isAsked">;
	readonly footprints: Pick<Footprints, "ofLoaded" | "learned">;
	readonly capabilities: (key: ModelKey) => readonly string[];
	/** The machine is a Mac, where mapped weights stay in RAM for a while after an answer. */
	readonly isMac: () => boolean;
	/** Loads that were let through and are not listed yet, with what they were budgeted with. */
	readonly reservations: () => ReadonlyMap<ModelKey, { readonly name: string; readonly bytes: number }>;
	readonly uses: (key: ModelKey) => UseHistory | null;
	readonly now: () => number;
}

/** The GPU keeps what it has used in RAM for this long (the engine's residency sets). */
const RESIDENT_AFTER_USE_MS = 180_000;

/** The loaded models as the planner sees them, and loads under way as if they were there. */
export function residents(parts: ResidentParts): readonly Resident[] {
	const now = parts.now();
	const listed = parts.observer.loaded().map((model) => residentOf(model, parts, now));
	const keys = new Set(listed.map(({ key }) => key));
	const reserved = [...parts.reservations()].map(([key, { name, bytes }]): Resident => {
		const there = listed.find((resident) => resident.key === key);
		return {
			key,
			name,
			footprintBytes: Math.max(bytes, there?.footprintBytes ?? 0),
			heldBytes: there?.heldBytes ?? 0,
			grownBytes: 0,
			busy: true,
			pinned: there?.pinned ?? false,
			embedding: isEmbedding({ capabilities: parts.capabilities(key) }),
			gpuBytes: there?.gpuBytes ?? bytes,
			evictionCost: 1,
		};
	});
	const reservedKeys = new Set(reserved.map(({ key }) => key));
	return [
		...listed.filter(({ key }) => !reservedKeys.has(key)),
		...reserved.filter(({ key }) => !keys.has(key) || reservedKeys.has(key)),
	];
}

function residentOf(model: LoadedModel, parts: ResidentParts, now: number): Resident {
	const { observer, footprints } = parts;
	const process = observer.processOf(model.key);
	const commandLine = process?.commandLine ?? null;
	const { budgetedBytes, grownBytes, load } = footprints.ofLoaded(model, commandLine);
	const activity = observer.activityOf(model.key);
	const learned = load === null ? null : footprints.learned(load.identity);
	const dead = model.oddity?.kind === "dead-runner";
	return {
		key: model.key,
		name: model.name,
		footprintBytes: budgetedBytes,
		heldBytes: heldBytes(model, commandLine, budgetedBytes, activity?.lastBusyAt ?? null, parts, now),
		grownBytes,
		// What was asked to leave is on its way; what is odd cannot be moved by name.
		busy: !dead && (model.state !== "idle" || model.oddity !== null || observer.isAsked(model.key)),
		pinned: model.pinned,
		embedding: isEmbedding({ capabilities: parts.capabilities(model.key) }),
		gpuBytes: model.reportedBytes * model.gpuShare,
		evictionCost: evictionCost(
			expectedLoadSeconds(learned?.loadMs ?? null, budgetedBytes),
			// What has not been at work yet was loaded to be: that counts as its first use.
			expectedWaitMs(parts.uses(model.key) ?? usedAgain(null, model.loadedAt), now),
		),
	};
}

/** What it has in RAM outside the file cache now. Where its process is not seen, all of it. */
function heldBytes(
	model: LoadedModel,
	commandLine: string | null,
	budgetedBytes: number,
	lastBusyAt: number | null,
	parts: ResidentParts,
	now: number,
): number {
	if (model.heldBytes === null) return model.state === "loading" ? 0 : budgetedBytes;
	const warm =
		parts.isMac() &&
		commandLine !== null &&
		model.runner !== "mlx" &&
		/llama-server/.test(commandLine) &&
		mapsWeights(commandLine, null) &&
		lastBusyAt !== null &&
		now - lastBusyAt < RESIDENT_AFTER_USE_MS;
	return warm ? Math.max(model.heldBytes, budgetedBytes) : model.heldBytes;
}
