import type { ReactNode } from "react";

/** Names of the line drawings in the sprite. */
export type IconName =
	| "gear"
	| "eject"
	| "pin"
	| "pin-on"
	| "flush"
	| "back"
	| "right"
	| "down"
	| "updown"
	| "send"
	| "stop"
	| "plus"
	| "copy"
	| "check"
	| "x"
	| "warn"
	| "info"
	| "refresh"
	| "cloud"
	| "loaded"
	| "unloaded"
	| "emergency"
	| "image"
	// In the chat page's own sprite.
	| "list"
	| "search"
	| "route"
	| "dot"
	| "skip"
	| "more"
	| "edit";

/** Names of the marks: Plimsoll's own sign, filled as full as the machine is. */
export type MarkName = "normal" | "elevated" | "high" | "critical" | "offline" | "busy";

/** A line drawing beside or inside a control; it says nothing to a screen reader. */
export function Icon({
	name,
	className = "",
}: {
	readonly name: IconName;
	readonly className?: string;
}): ReactNode {
	return (
		<svg className={`i ${className}`.trimEnd()} aria-hidden="true">
			<use href={`#i-${name}`} />
		</svg>
	);
}

/** Plimsoll's sign in the state of the machine. */
export function Mark({ name }: { readonly name: MarkName }): ReactNode {
	return (
		<svg className="mark" aria-hidden="true">
			<use href={`#mark-${name}`} />
		</svg>
	);
}
