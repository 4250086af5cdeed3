import type { ModelKey } from "../../../shared/model.ts";
import { normalizeModelName } from "../../../shared/model-name.ts";
import type { ProcessInfo } from "../ports.ts";
import type { MatchedRunner, RunnerView, UnmatchedRunner } from "./machine-view.ts";
import { describeProcess, type ModelProcess } from "./model-process.ts";

/** What the matcher needs of a row of the engine. */
export interface RunnerRow {
	readonly key: ModelKey;
	readonly name: string;
	readonly digest: string;
	/** 64 hex digits of its weights, or null where they are not known. */
	readonly weightsBlob: string | null;
	/** The engine's word for the kind of runner (`mlx`, `llamacpp`, `ggml`), or null where it says none. */
	readonly runner: string | null;
}

/** Everything the matcher works from. */
export interface RunnerMatchInput {
	readonly at: number;
	readonly rows: readonly RunnerRow[];
	readonly processes: readonly ProcessInfo[];
	/** Process of the engine where it is known for certain; null takes any that looks like an engine. */
	readonly engineProcessHint: number | null;
	/** By pid, from an activity meter; what is missing counts as not yet known. */
	readonly activity?: ReadonlyMap<number, boolean | null>;
}

type RunnerKind = Extract<ModelProcess, { kind: "runner" }>;

interface Candidate {
	readonly process: ProcessInfo;
	readonly made: RunnerKind;
	readonly standing: Standing;
}

/**
 * Whose child a runner is: `own` of this engine; `foreign` of another engine; `orphan` of none; `stranger` of a living
 * process that does not look like an engine but may be this one; `unrelated` of such a process where this engine's
 * is known to be another.
 */
type Standing = "own" | "stranger" | "unrelated" | "foreign" | "orphan";

/** Programs that take over processes whose parent has ended. */
const ADOPTERS = /^(?:\S*\/)?(?:systemd|init|launchd|tini|dumb-init|docker-init|catatonit)(?= |$)/;

/**
 * Says which process holds which loaded model. GGUF runners are recognised by their weights blob, MLX runners by
 * the model's name. A child of the engine wins over other processes of the same blob, and an orphan never belongs
 * to a row: the engine that knew it is gone. Two tags on one blob share one runner.
 */
export function matchRunners(input: RunnerMatchInput): RunnerView {
	const { at, rows, processes, engineProcessHint, activity } = input;
	const byPid = new Map(processes.map((process) => [process.pid, process]));
	const described = processes.map((process) => ({ process, made: describeProcess(process.commandLine) }));
	const enginePids = new Set(
		described.filter(({ made }) => made.kind === "engine").map(({ process }) => process.pid),
	);
	const isMine = (pid: number): boolean =>
		engineProcessHint === null ? enginePids.has(pid) : pid === engineProcessHint;

	const standingOf = (process: ProcessInfo): Standing => {
		if (isMine(process.parentPid)) return "own";
		const parent = byPid.get(process.parentPid);
		if (enginePids.has(process.parentPid)) return "foreign";
		if (process.parentPid <= 1 || parent === undefined || ADOPTERS.test(parent.commandLine)) return "orphan";
		return engineProcessHint === null ? "stranger" : "unrelated";
	};

	const candidates: Candidate[] = [];
	const unmatched: UnmatchedRunner[] = [];
	for (const { process, made } of described) {
		if (made.kind === "runner") candidates.push({ process, made, standing: standingOf(process) });
		else if (made.kind === "other-server")
			unmatched.push({ process, kind: "other", weightsBlob: null, modelName: made.modelName });
	}

	const runners = new Map<ModelKey, MatchedRunner>();
	const taken = new Set<number>();
	for (const row of rows) {
		const best = bestFor(row, rows, candidates);
		if (best === null) continue;
		taken.add(best.pid);
		runners.set(row.key, { process: best, active: activity?.get(best.pid) ?? null });
	}
	// An engine inside another program looks like none; that it holds a row's model gives it away.
	const provenPids = new Set([...runners.values()].map(({ process }) => process.parentPid));
	for (const { process, made, standing } of candidates) {
		if (taken.has(process.pid)) continue;
		const { weightsBlob, modelName } = made;
		const kind = provenPids.has(process.parentPid) ? "loading" : unmatchedKind(made, standing);
		unmatched.push({ process, kind, weightsBlob, modelName });
	}
	const hintSeen = engineProcessHint !== null && byPid.has(engineProcessHint);
	return { at, runners, unmatched, engineSeen: hintSeen || enginePids.size > 0 || runners.size > 0 };
}

/** The process that holds a row's model: a child of this engine before a stranger's, the youngest of several. */
function bestFor(
	row: RunnerRow,
	rows: readonly RunnerRow[],
	candidates: readonly Candidate[],
): ProcessInfo | null {
	const own = candidates.filter(({ standing, made }) => standing === "own" && holds(made, row, rows));
	const possible =
		own.length > 0
			? own
			: candidates.filter(({ standing, made }) => standing === "stranger" && holds(made, row, rows));
	return possible.reduce<ProcessInfo | null>(
		(best, { process }) =>
			best === null || (process.startedAt ?? 0) > (best.startedAt ?? 0) ? process : best,
		null,
	);
}

function holds(made: RunnerKind, row: RunnerRow, rows: readonly RunnerRow[]): boolean {
	if (made.weightsBlob !== null) return row.runner !== "mlx" && made.weightsBlob === row.weightsBlob;
	if (made.modelName === null) return false;
	const name = normalizeModelName(made.modelName);
	if (name !== normalizeModelName(row.name)) return false;
	if (row.runner !== null) return row.runner === "mlx";
	// An engine that names no runner kinds: a row whose weights are a GGUF blob is held by another sort of runner.
	return (
		row.weightsBlob === null &&
		rows.every(({ key, runner, name: other }) => {
			return key === row.key || runner !== "mlx" || normalizeModelName(other) !== name;
		})
	);
}

function unmatchedKind(made: RunnerKind, standing: Standing): UnmatchedRunner["kind"] {
	if (standing === "own") return "loading";
	if (standing === "foreign" || standing === "unrelated") return "other";
	if (standing === "orphan") return "orphan";
	// Only Ollama starts `ollama runner`; a living parent that is no Ollama has merely adopted it.
	return made.program === "ollama" ? "orphan" : "other";
}
