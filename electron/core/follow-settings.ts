import { AppError } from "../../shared/errors.ts";
import type { Settings } from "../../shared/settings.ts";
import type { EngineSupervision } from "./engine/supervision.ts";
import type { GatewayPort } from "./gateway-port.ts";
import type { Clock, NewEvent, SettingsChange, SettingsStore, Stop } from "./ports.ts";
import type { StateStore } from "./state-store.ts";

/** What settings reach. */
export interface FollowSettingsParts {
	readonly settings: SettingsStore;
	readonly state: StateStore;
	readonly supervision: Pick<EngineSupervision, "relocate">;
	readonly gatewayPort: GatewayPort;
	/** Whether the gateway's port is the setting's, and not one given at the start. */
	readonly portIsSetting: boolean;
	/** Brings the shown team up to date. */
	readonly showRouter: () => void;
	readonly clock: Clock;
	readonly record: (event: NewEvent) => void;
}

/** Settings as they come into force. */
export interface SettingsFollower {
	/** Follows changes by hand from now on, and tells where the file is refused. */
	start(): Stop;
	/** Puts settings on disk and in force; rejects and changes nothing where that fails. */
	save(next: Settings): Promise<void>;
}

/** Does what must follow when settings change, by hand or in the popover. */
export function createSettingsFollower(parts: FollowSettingsParts): SettingsFollower {
	const { settings, state, supervision, gatewayPort } = parts;

	function follow(after: Settings): void {
		const before = state.get().settings;
		state.update((now) => ({ ...now, settings: after, settingsProblem: null }));
		parts.showRouter();
		if (before.engine.url !== after.engine.url) void supervision.relocate();
		if (before.gateway.port !== after.gateway.port && parts.portIsSetting)
			gatewayPort.move(after.gateway.port);
	}

	function tellRefusal({ file, line, problem }: Extract<SettingsChange, { kind: "refused" }>): void {
		const error = AppError.of("settings-invalid", { file, line, problem });
		state.update((now) => ({ ...now, settingsProblem: error.serialize() }));
		parts.record({ at: parts.clock.now(), kind: "settings", severity: "warning", message: error.said });
	}

	return {
		start() {
			const refusal = settings.refusal();
			if (refusal !== null) tellRefusal(refusal);
			return settings.onChange((change) => {
				if (change.kind === "refused") tellRefusal(change);
				else follow(change.settings);
			});
		},
		async save(next) {
			await settings.save(next);
			follow(settings.current());
		},
	};
}
