import { z } from "zod";
import { EngineError } from "../engine-error.ts";
import type { EngineState } from "../engine-state.ts";
import { misbehaviourKindSchema, serverMisbehaviourKindSchema } from "../misbehaviour.ts";
import { mostModels } from "../scheduler.ts";
import type { Exchange } from "./exchange.ts";
import { parseLikeGo } from "./go-decode.ts";
import type { Route } from "./router.ts";

/** The demo's own routes: the machine that models lie in, and what moves it. */
export const demoRoutes: readonly Route[] = [
	{ method: "GET", path: "/demo/machine", handle: machine },
	{ method: "POST", path: "/demo/control", handle: control },
];

/** Body of `POST /demo/control`; every part is optional and applied in this order. */
export const controlSchema = z.strictObject({
	/** Everything behaves again, what hung goes on, what was left behind ends, and swap and level go by their rules. */
	clear: z.boolean().optional(),
	others_gb: z.number().min(0).optional(),
	swap_used_gb: z.number().min(0).optional(),
	swap_rate_mb_per_s: z.number().min(0).optional(),
	/** null gives the level back to its rules. */
	kernel_level: z
		.union([z.literal(1), z.literal(2), z.literal(4)])
		.nullable()
		.optional(),
	/** One misbehaviour or several, of a model or (without one) of the server. */
	misbehave: z.union([z.lazy(() => misbehaveSchema), z.array(z.lazy(() => misbehaveSchema))]).optional(),
	/** Ends a model's runner as if the system had. */
	kill_runner: z.object({ model: z.string() }).optional(),
	/** Ends an orphan. */
	kill_orphan: z.object({ pid: z.number().int() }).optional(),
	/** Makes a loaded model's runner grow by so much. */
	grow: z.object({ model: z.string(), gb: z.number().positive() }).optional(),
	/** Starts a runner that no server knows, with the memory of this model. */
	orphan: z.object({ model: z.string() }).optional(),
});

const misbehaveSchema = z.union([
	z.strictObject({ model: z.string(), what: misbehaviourKindSchema, value: z.number().optional() }),
	z.strictObject({ what: serverMisbehaviourKindSchema, value: z.number().optional() }),
]);

/** What can be asked of the control endpoint. */
export type DemoControl = z.infer<typeof controlSchema>;

function machine(state: EngineState, exchange: Exchange): void {
	const reading = state.machine.read();
	const own = state.scheduler.runners().map(({ model, runner }) => ({
		pid: runner.pid,
		startedAtMs: runner.startedAtMs,
		model,
		commandLine: runner.commandLine,
		...runner.measure(),
	}));
	exchange.json(200, {
		total_bytes: reading.totalBytes,
		others_bytes: reading.othersBytes,
		available_bytes: reading.availableBytes,
		swap_used_bytes: reading.swapUsedBytes,
		swap_outs_bytes: reading.swapOutsBytes,
		kernel_level: reading.kernelLevel,
		scale: state.options.scale,
		max_loaded_models: mostModels(state.options),
		gpu: state.options.gpu,
		runners_are: state.host.kind,
		engine_pid: process.pid,
		runners: [...own, ...state.host.orphans()].map((runner) => ({
			pid: runner.pid,
			parent_pid: runner.parentPid,
			started_at_ms: runner.startedAtMs,
			model: runner.model,
			command_line: runner.commandLine,
			cpu_time_ms: runner.cpuTimeMs,
			memory_bytes: runner.memoryBytes,
			held_bytes: runner.memoryBytes,
		})),
	});
}

async function control(state: EngineState, exchange: Exchange): Promise<void> {
	if (!state.options.control) return exchange.text(404, "404 page not found", "text/plain");
	const parsed = controlSchema.safeParse(parseLikeGo((await exchange.bytes()).toString("utf8") || "{}"));
	if (!parsed.success) throw new EngineError(400, z.prettifyError(parsed.error));
	await applyControl(state, parsed.data);
	exchange.json(200, { ok: true });
}

/** Applies a control body. Throws `EngineError` 404 for a model or process that is not there. */
export async function applyControl(state: EngineState, wanted: DemoControl): Promise<void> {
	const { machine: simulated, misbehaviours, scheduler } = state;
	if (wanted.clear === true) {
		misbehaviours.clear();
		await scheduler.endLeftBehind();
		simulated.settle();
	}
	simulated.change({
		othersGb: wanted.others_gb,
		swapUsedGb: wanted.swap_used_gb,
		swapRateMbPerSecond: wanted.swap_rate_mb_per_s,
		kernelLevel: wanted.kernel_level,
	});
	const misbehave = wanted.misbehave === undefined ? [] : [wanted.misbehave].flat();
	for (const one of misbehave)
		if ("model" in one) misbehaviours.set(nameOf(state, one.model), one.what, one.value);
		else misbehaviours.setServer(one.what, one.value);
	if (wanted.kill_runner !== undefined) await loadedOrThrow(state, wanted.kill_runner.model).runner.kill();
	if (wanted.kill_orphan !== undefined && !state.host.endOrphan(wanted.kill_orphan.pid))
		throw new EngineError(404, `no orphan with process id ${wanted.kill_orphan.pid}`);
	if (wanted.grow !== undefined) {
		const loaded = loadedOrThrow(state, wanted.grow.model);
		const bytes = Math.round(wanted.grow.gb * 1024 ** 3);
		loaded.grownBytes += bytes;
		await loaded.runner.grow(bytes);
	}
	if (wanted.orphan !== undefined) {
		const model = state.catalogue.find(wanted.orphan.model);
		if (model === null) throw new EngineError(404, `model '${wanted.orphan.model}' not found`);
		await scheduler.startOrphan(model);
	}
}

function nameOf(state: EngineState, name: string): string {
	return state.catalogue.find(name)?.name ?? name;
}

function loadedOrThrow(state: EngineState, name: string) {
	const loaded = state.scheduler.byName(nameOf(state, name));
	if (loaded === null) throw new EngineError(404, `model '${name}' is not loaded`);
	return loaded;
}
