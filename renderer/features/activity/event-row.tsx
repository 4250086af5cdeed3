import { memo, type ReactNode } from "react";
import type { AppEvent, EventKind } from "../../../shared/app-event.ts";
import { Icon, type IconName } from "../../icon.tsx";
import { useWords } from "../../words.tsx";

const ICONS: Readonly<Record<EventKind, IconName>> = {
	loaded: "loaded",
	unloaded: "unloaded",
	flush: "flush",
	pressure: "warn",
	emergency: "emergency",
	watchdog: "warn",
	health: "check",
	engine: "refresh",
	gateway: "info",
	settings: "gear",
	storage: "warn",
};

/** Something that happened. */
export const EventRow = memo(function EventRow({ event }: { readonly event: AppEvent }): ReactNode {
	const words = useWords();
	return (
		<li className={`event-row${event.kind === "emergency" ? " is-emergency" : ""}`}>
			<time dateTime={new Date(event.at).toISOString()}>{words.time(event.at)}</time>
			<Icon name={ICONS[event.kind]} />
			<p>{words.render(event.message)}</p>
		</li>
	);
});
