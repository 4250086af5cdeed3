import { randomUUID } from "node:crypto";
import { AppError } from "../../../shared/errors.ts";
import { normalizeModelName } from "../../../shared/model-name.ts";
import type { Pull } from "../../../shared/pull.ts";
import type { Clock, Log } from "../ports.ts";
import type { Engine } from "./engine.ts";

/** An ended pull leaves the list by itself after this long. */
const FORGET_AFTER_MS = 3_600_000;

/** Progress is put into the state at most this often. */
const SHOW_EVERY_MS = 200;

/** What pulls need of the rest of core. */
export interface PullsDeps {
	readonly clock: Clock;
	readonly log: Log;
	engine(): Engine;
	show(change: (pulls: readonly Pull[]) => readonly Pull[]): void;
	/** A model was installed. */
	installed(name: string): void;
}

/** Models on their way from the registry. */
export interface Pulls {
	/** Starts a pull; a second one of the same model joins the first. */
	start(name: string): void;
	/** Stops a running pull by closing its request. */
	cancel(id: string): void;
	/** Takes an ended pull off the list. */
	dismiss(id: string): void;
	/** Stops all of them. */
	stop(): void;
}

/** Makes the pulls. */
export function createPulls(deps: PullsDeps): Pulls {
	const running = new Map<string, { readonly name: string; readonly abort: AbortController }>();

	function change(id: string, update: (pull: Pull) => Pull): void {
		deps.show((pulls) => pulls.map((pull) => (pull.id === id ? update(pull) : pull)));
	}

	function end(id: string, state: Exclude<Pull["state"], "running">, error: AppError | null): void {
		running.delete(id);
		const endedAt = deps.clock.now();
		change(id, (pull) => ({ ...pull, state, endedAt, error: error?.serialize() ?? null }));
		deps.clock.after(FORGET_AFTER_MS, () => deps.show((pulls) => pulls.filter((pull) => pull.id !== id)));
	}

	async function run(id: string, name: string, abort: AbortController): Promise<void> {
		/** Layers arrive one after the other; what is done is their sum. */
		const layers = new Map<string, { readonly done: number; readonly total: number }>();
		let shownAtMs = -Infinity;
		try {
			for await (const step of deps.engine().pull(name, abort.signal)) {
				if (step.digest !== null) {
					layers.set(step.digest, { done: step.doneBytes ?? 0, total: step.totalBytes ?? 0 });
				}
				const nowMs = deps.clock.monotonicMs();
				if (step.digest !== null && nowMs - shownAtMs < SHOW_EVERY_MS) continue;
				shownAtMs = nowMs;
				const sums = [...layers.values()];
				const totalBytes = sums.reduce((sum, layer) => sum + layer.total, 0);
				const doneBytes = sums.reduce((sum, layer) => sum + layer.done, 0);
				change(id, (pull) => ({
					...pull,
					status: step.status,
					doneBytes,
					totalBytes: totalBytes > 0 ? totalBytes : null,
				}));
			}
			end(id, "done", null);
			deps.installed(name);
		} catch (thrown) {
			const wrapped = AppError.wrap(thrown);
			const error =
				wrapped.code === "model-not-found"
					? AppError.of("not-in-registry", { model: name }, thrown)
					: wrapped;
			if (abort.signal.aborted) end(id, "cancelled", null);
			else {
				deps.log.warn("pull failed", { model: name, code: error.code });
				end(id, "failed", error);
			}
		}
	}

	return {
		start(name) {
			const wanted = normalizeModelName(name);
			if ([...running.values()].some((pull) => normalizeModelName(pull.name) === wanted)) return;
			const id = randomUUID();
			const abort = new AbortController();
			running.set(id, { name, abort });
			deps.show((pulls) => [
				...pulls.filter((pull) => normalizeModelName(pull.name) !== wanted),
				{
					id,
					name,
					state: "running",
					status: "",
					doneBytes: 0,
					totalBytes: null,
					startedAt: deps.clock.now(),
					endedAt: null,
					error: null,
				},
			]);
			void run(id, name, abort);
		},
		cancel(id) {
			running.get(id)?.abort.abort();
		},
		dismiss(id) {
			deps.show((pulls) => pulls.filter((pull) => pull.id !== id || pull.state === "running"));
		},
		stop() {
			for (const { abort } of running.values()) abort.abort();
		},
	};
}
