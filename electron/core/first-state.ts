import type { AppState } from "../../shared/state.ts";
import { FIRST_WATCHDOG_STATE } from "../../shared/watchdog.ts";
import { keptChat } from "./chat/chat.ts";
import type { CoreOptions, CorePorts } from "./core-ports.ts";
import { teamInForce } from "./router/teams.ts";

/** Newest events in the state; older ones come with the history. */
export const EVENTS_IN_STATE = 100;

/** The state before anything was looked at: what was kept, and that nothing is known of engine and machine. */
export function firstState(ports: CorePorts, options: CoreOptions, engine: AppState["engine"]): AppState {
	const now = ports.clock.now();
	return {
		version: 1,
		app: { version: options.appVersion, startedAt: now, dataDir: ports.paths.dataDir },
		engine,
		machine: null,
		budget: null,
		loaded: [],
		strays: [],
		installed: [],
		operations: [],
		pulls: [],
		chat: keptChat(ports.conversations),
		team: teamInForce(ports.settings.current().router, []),
		router: { activeMember: null, lastUnloadAt: null },
		shell: options.shell,
		watchdog: FIRST_WATCHDOG_STATE,
		health: null,
		lastFlush: null,
		reloadLoops: [],
		gateway: { port: null, wantedPort: null, error: null },
		settings: ports.settings.current(),
		settingsProblem: null,
		events: ports.history.events(0, now, EVENTS_IN_STATE),
	};
}
