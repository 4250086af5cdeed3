import type { EngineKind } from "../../../shared/engine-state.ts";
import type { Clock, Probes } from "../ports.ts";
import { createDemoProbes, type DemoProbes, type EngineLimits } from "./demo-probes.ts";
import type { ControlledMachineWatch } from "./machine-watch.ts";

/** The machine that an engine's models lie in. */
export interface EngineMachine {
	/** Turns to the machine of an engine that answers. */
	turnTo(engine: { readonly kind: EngineKind; readonly url: string }): void;
	/** Process of the demo engine while it is the one; null where the engine is another. */
	demoPid(): number | null;
	/** What the demo engine says of its limits while it is the one; null where the engine is another. */
	demoLimits(): EngineLimits | null;
}

/** The demo engine brings its own machine; every other engine runs on this one. */
export function createEngineMachine(parts: {
	readonly machine: Pick<ControlledMachineWatch, "setProbes">;
	/** The probes of this machine. */
	readonly own: Probes;
	readonly clock: Clock;
}): EngineMachine {
	let demoUrl: string | null = null;
	let demo: DemoProbes | null = null;
	return {
		turnTo({ kind, url }) {
			const wanted = kind === "demo" ? url : null;
			if (wanted === demoUrl) return;
			demoUrl = wanted;
			demo =
				wanted === null
					? null
					: createDemoProbes({ engineUrl: wanted, clock: parts.clock, system: parts.own.processes });
			parts.machine.setProbes(demo ?? parts.own);
		},
		demoPid: () => demo?.enginePid() ?? null,
		demoLimits: () => demo?.engineLimits() ?? null,
	};
}
