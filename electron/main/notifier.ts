import { Notification } from "electron";
import type { Renderer } from "../../shared/messages/render.ts";
import type { Log, Notifier } from "../core/ports.ts";

/** One that may be left out is, so soon after another; it stands in Activity. */
const QUIET_MS = 30_000;

/** Tells what happened without the user, by the system's own notifications; a click opens the popover. */
export function createNotifier(deps: {
	readonly renderer: () => Renderer;
	readonly wanted: () => boolean;
	readonly onClick: () => void;
	readonly log: Log;
}): Notifier {
	let lastAt = -Infinity;
	return {
		notify(title, body, when) {
			const now = Date.now();
			if (!deps.wanted() || !Notification.isSupported()) return;
			if (when === "seldom" && now - lastAt < QUIET_MS) return;
			lastAt = now;
			const notification = new Notification({
				title: deps.renderer().render(title),
				body: deps.renderer().render(body),
				silent: true,
			});
			notification.on("click", deps.onClick);
			// An unsigned build may not notify on newer systems; the tray icon tells all the same.
			notification.on("failed", (_event, problem) => deps.log.warn("notification failed", { problem }));
			notification.show();
		},
	};
}
