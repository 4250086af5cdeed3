/** True on a Mac, where the command key is the modifier. */
export const onMac = /Mac/.test(navigator.userAgent);

/** A key with the system's modifier, as it is written on a control. */
export function modifierKey(key: string): string {
	return onMac ? `⌘${key}` : `Ctrl+${key}`;
}

/** True where the system's modifier is held and no other one but Shift. */
export function hasModifier(event: {
	readonly metaKey: boolean;
	readonly ctrlKey: boolean;
	readonly altKey: boolean;
}): boolean {
	return (onMac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey) && !event.altKey;
}
