import type { LoadedModel, ModelKey } from "../../../shared/model.ts";
import type { Footprints } from "../footprint/footprints.ts";
import { freshGrowth, learnedFrom, nextGrowth, type RunnerGrowth } from "../footprint/learned.ts";
import type { LoadFootprint } from "../footprint/load-footprint.ts";
import type { Clock, Stop } from "../ports.ts";
import type { Observer } from "./observer.ts";

/** What learning needs. */
export interface LearningParts {
	readonly observer: Pick<Observer, "onCame" | "onWent" | "onChange" | "loaded" | "measure" | "processOf">;
	readonly footprints: Pick<Footprints, "ofLoaded" | "learned" | "learn">;
	readonly clock: Clock;
	/** How long the load of a model that has just come took, milliseconds, where that was seen. */
	readonly loadMs: (key: ModelKey) => number | null;
}

/** A runner whose load was seen. */
interface Watched {
	readonly pid: number;
	readonly load: LoadFootprint;
	growth: RunnerGrowth;
	hasWorked: boolean;
}

/** Figures that move by less are not written down again, bytes. */
const WORTH_WRITING_BYTES = 16e6;

/**
 * Learns from every load that is seen, whoever asked for it: what the runner held after it, what its first large prompt
 * made of that, and how far it grew later. Runners that were there before are not learned from.
 */
export function followLearning(parts: LearningParts): Stop {
	const { observer, footprints, clock } = parts;
	const watched = new Map<ModelKey, Watched>();
	/** Loads of models that have come whose process is not known yet; what they took, milliseconds, where that was seen. */
	const coming = new Map<ModelKey, number | null>();

	const isMeasured = (model: LoadedModel) =>
		model.process !== null &&
		(model.footprintSource === "measured" || model.footprintSource === "simulated") &&
		!model.footprintRounded;

	function write(entry: Watched, first: boolean, loadMs: number | null): void {
		const { identity, formulaBytes } = entry.load;
		footprints.learn(
			learnedFrom(identity, entry.growth, footprints.learned(identity), {
				at: clock.now(),
				loadMs,
				predictedBytes: formulaBytes === null ? null : Math.round(formulaBytes),
				first,
			}),
		);
	}

	async function learnLoad(key: ModelKey, loadMs: number | null): Promise<void> {
		const measured = await observer.measure(key).catch(() => null);
		const process = observer.processOf(key);
		const listed = observer.loaded().find((model) => model.key === key);
		if (measured === null || measured.rounded || process === null || listed === undefined) return;
		const { load } = footprints.ofLoaded(listed, process.commandLine);
		if (load === null || load.identity.engine.endsWith("unknown")) return;
		const entry: Watched = { pid: process.pid, load, growth: freshGrowth(measured.bytes), hasWorked: false };
		watched.set(key, entry);
		write(entry, true, loadMs);
	}

	/** The list names a model before its process is found, and some while it still loads. */
	function learnComing(): void {
		for (const [key, loadMs] of coming) {
			const model = observer.loaded().find((each) => each.key === key);
			if (model === undefined || model.process === null || model.state === "loading") continue;
			coming.delete(key);
			void learnLoad(key, loadMs);
		}
	}

	function changed(): void {
		learnComing();
		for (const model of observer.loaded()) {
			const entry = watched.get(model.key);
			if (entry === undefined || !isMeasured(model) || model.process?.pid !== entry.pid) continue;
			if (model.state === "loading") continue;
			const next = nextGrowth(entry.growth, model.footprintBytes, {
				hasWorked: entry.hasWorked,
				expectedWorkingBytes: entry.load.formulaWorkingBytes,
			});
			if (model.state === "busy" || model.state === "draining") entry.hasWorked = true;
			const before = entry.growth;
			if (
				Math.abs(next.loadedBytes - before.loadedBytes) < WORTH_WRITING_BYTES &&
				(next.workingBytes === null) === (before.workingBytes === null) &&
				Math.abs((next.grownBytes ?? 0) - (before.grownBytes ?? 0)) < WORTH_WRITING_BYTES
			)
				continue;
			entry.growth = next;
			write(entry, false, null);
		}
	}

	const stops = [
		observer.onCame((model) => {
			coming.set(model.key, parts.loadMs(model.key));
			learnComing();
		}),
		observer.onWent((model) => {
			coming.delete(model.key);
			watched.delete(model.key);
		}),
		observer.onChange(changed),
	];
	return () => {
		for (const stop of stops) stop();
	};
}
