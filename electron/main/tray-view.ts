import { message } from "../../shared/messages/message.ts";
import type { Renderer } from "../../shared/messages/render.ts";
import type { AppState } from "../../shared/state.ts";

/** The tray icon's shapes; the shape, not a colour, tells the state. */
export type TrayIcon = "normal" | "elevated" | "high" | "critical" | "offline" | "busy";

/** A line of the tray's menu. */
export type TrayEntry =
	| { readonly kind: "status"; readonly label: string }
	| { readonly kind: "separator" }
	| {
			readonly kind: "action";
			readonly action: TrayAction;
			readonly label: string;
			readonly enabled: boolean;
	  }
	| {
			readonly kind: "switch";
			readonly action: "open-at-login";
			readonly label: string;
			readonly on: boolean;
			readonly enabled: boolean;
	  };

/** What a line of the menu does. */
export type TrayAction = "open" | "flush" | "pause-watchdog" | "resume-watchdog" | "settings" | "quit";

/** How the tray looks. */
export interface TrayView {
	readonly icon: TrayIcon;
	readonly tooltip: string;
	readonly menu: readonly TrayEntry[];
}

function iconOf(state: AppState): TrayIcon {
	const level = state.machine?.level ?? "normal";
	if (level === "critical" || level === "high") return level;
	const { connection } = state.engine;
	if (connection.state === "unreachable" || connection.state === "not-installed") return "offline";
	if (state.operations.some((operation) => operation.state === "running")) return "busy";
	return level;
}

function statusOf(state: AppState, renderer: Renderer): string {
	const { machine, engine, loaded, budget } = state;
	if (machine === null) return renderer.render(message("tray.reading"));
	if (machine.level === "critical") return renderer.render(message("tray.critical"));
	if (machine.level === "high") return renderer.render(message("tray.high"));
	if (engine.connection.state === "unreachable" || engine.connection.state === "not-installed") {
		return renderer.render(message("tray.offline"));
	}
	const { availableBytes } = machine.sample;
	const status =
		loaded.length === 0
			? renderer.render(message("tray.available", { availableBytes }))
			: renderer.render(message("tray.available-loaded", { availableBytes, count: loaded.length }));
	if (budget === null) return status;
	return renderer.render(
		budget.spareBytes >= 0
			? message("tray.to-load", { status, bytes: budget.spareBytes })
			: message("tray.over-line", { status, bytes: -budget.spareBytes }),
	);
}

/** Pauses the watchdog or ends its pause; says so where it is switched off. */
function watchdogEntry({ mode, pausedUntilAt }: AppState["watchdog"], renderer: Renderer): TrayEntry {
	const paused = mode === "paused" && pausedUntilAt !== null;
	const label =
		mode === "off"
			? message("tray.watchdog-off")
			: paused
				? message("tray.resume-watchdog", { at: pausedUntilAt })
				: message("tray.pause-watchdog");
	return {
		kind: "action",
		action: paused ? "resume-watchdog" : "pause-watchdog",
		label: renderer.render(label),
		enabled: mode !== "off",
	};
}

/** What the tray shows for a state: icon, tooltip and menu. */
export function trayView(state: AppState, renderer: Renderer): TrayView {
	const status = statusOf(state, renderer);
	const bytes = state.loaded.reduce((sum, model) => sum + model.footprintBytes, 0);
	const flush =
		state.loaded.length === 0
			? message("tray.flush-none")
			: message("tray.flush", { count: state.loaded.length, bytes });
	const { loginItem } = state.shell;
	return {
		icon: iconOf(state),
		tooltip: `Plimsoll: ${status}`,
		menu: [
			{ kind: "status", label: status },
			{ kind: "separator" },
			{ kind: "action", action: "open", label: renderer.render(message("tray.open")), enabled: true },
			{
				kind: "action",
				action: "flush",
				label: renderer.render(flush),
				enabled: state.loaded.length > 0 && !state.operations.some((operation) => operation.kind === "flush"),
			},
			watchdogEntry(state.watchdog, renderer),
			{
				kind: "switch",
				action: "open-at-login",
				label: renderer.render(message("tray.open-at-login")),
				on: loginItem === "enabled" || loginItem === "requires-approval",
				enabled: loginItem !== "unsupported",
			},
			{ kind: "action", action: "settings", label: renderer.render(message("tray.settings")), enabled: true },
			{ kind: "separator" },
			{ kind: "action", action: "quit", label: renderer.render(message("tray.quit")), enabled: true },
		],
	};
}
