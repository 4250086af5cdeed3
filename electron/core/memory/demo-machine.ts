import { z } from "zod";

const bytes = z.number().min(0);

/** Answer of the demo engine's `GET /demo/machine`; sizes are nominal, whatever its runners really hold. */
const demoMachineSchema = z.object({
	total_bytes: bytes,
	available_bytes: bytes,
	swap_used_bytes: bytes,
	swap_outs_bytes: bytes,
	kernel_level: z.union([z.literal(1), z.literal(2), z.literal(4)]),
	runners_are: z.enum(["processes", "simulated"]),
	/** Models that the engine keeps at most. */
	max_loaded_models: z.number().int().positive().optional(),
	/** The engine counts this memory as its GPU's. */
	gpu: z.boolean().optional(),
	/** Process of the engine itself. */
	engine_pid: z.number().int().optional(),
	runners: z.array(
		z.object({
			pid: z.number().int(),
			parent_pid: z.number().int(),
			started_at_ms: z.number(),
			model: z.string(),
			command_line: z.string(),
			cpu_time_ms: z.number(),
			memory_bytes: bytes,
			held_bytes: bytes,
		}),
	),
});

/** The demo engine's machine as it describes it. */
export type DemoMachine = z.infer<typeof demoMachineSchema>;

/** Asks for the demo machine; rejects where the engine does not answer within its time or answers otherwise. */
export type ReadDemoMachine = () => Promise<DemoMachine>;

/** Loopback answers at once; longer means that the engine hangs. */
const TIMEOUT_MS = 2000;

/** Reads the machine of the demo engine at a base URL without a trailing slash. */
export function demoMachineAt(engineUrl: string): ReadDemoMachine {
	return async () => {
		const answer = await fetch(`${engineUrl}/demo/machine`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
		if (!answer.ok) throw new Error(`GET /demo/machine answered ${answer.status}`);
		return demoMachineSchema.parse(await answer.json());
	};
}
