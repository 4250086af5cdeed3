import type { EngineSupervisor } from "./engine/engine-supervisor.ts";
import type { EngineMachine } from "./memory/engine-machine.ts";
import { localityOf } from "./memory/locality.ts";
import type { MachineWatch } from "./memory/machine-view.ts";
import type { Clock, Stop } from "./ports.ts";
import type { Observer } from "./residency/observer.ts";
import type { Residency } from "./residency/residency.ts";
import type { StateStore } from "./state-store.ts";

/** The rooms that are shown, and where. */
export interface ShownRooms {
	readonly state: StateStore;
	readonly supervision: EngineSupervisor;
	readonly observer: Observer;
	readonly residency: Residency;
	readonly machine: MachineWatch;
	readonly engineMachine: EngineMachine;
	readonly clock: Clock;
	/** Brings the shown team up to date, and who is at work. */
	readonly showRouter: () => void;
	/** Brings the shown budget up to date. */
	readonly showBudget: () => void;
}

/**
 * Keeps the state in step with engine, machine and models. What one of them learns another must know is passed on
 * first, so that nothing is shown that was worked out from what is past: which machine the engine's models lie in, how
 * much they hold of it, whether they lie in this one at all.
 */
export function showRooms(rooms: ShownRooms): readonly Stop[] {
	const { state, supervision, observer, residency, machine, engineMachine, clock, showRouter, showBudget } =
		rooms;

	function showLocality(): void {
		const { url, connection } = supervision.state();
		if (connection.state !== "connected") return;
		const anyLoaded = (supervision.rows()?.length ?? 0) > 0;
		supervision.setLocality(localityOf({ url, engineSeen: observer.engineSeen(), anyLoaded }));
	}

	return [
		supervision.onState((engine) => {
			if (engine.connection.state === "connected") engineMachine.turnTo(engine);
			state.update((now) => ({ ...now, engine }));
			showLocality();
		}),
		supervision.onInstalled((installed) => {
			state.update((now) => ({ ...now, installed }));
			showRouter();
			showBudget();
		}),
		residency.onBudget(showBudget),
		observer.onChange(() => {
			const loaded = observer.loaded();
			machine.setHeldBytes(loaded.reduce((sum, model) => sum + (model.heldBytes ?? 0), 0));
			const left = state.get().loaded.some(({ key }) => !loaded.some((model) => model.key === key));
			state.update((now) => ({
				...now,
				loaded,
				strays: observer.strays(),
				router: left ? { ...now.router, lastUnloadAt: clock.now() } : now.router,
			}));
			showRouter();
			showBudget();
			showLocality();
		}),
		residency.onChange(() => {
			state.update((now) => ({
				...now,
				operations: residency.operations(),
				lastFlush: residency.lastFlush(),
				reloadLoops: residency.reloadLoops(),
			}));
		}),
		machine.onState((next) => {
			state.update((now) => ({ ...now, machine: next }));
			showBudget();
		}),
	];
}
