/** A click on the icon takes the focus from the open popover first; within this time it means "close". */
const BLUR_BEFORE_CLICK_MS = 250;

/**
 * Decides what a click on the tray icon means. Clicking it while the popover is open first hides the popover by
 * its blur; without a memory of that, the click would open it again.
 */
export interface PopoverToggle {
	/** The popover lost the focus and was hidden, at this monotonic time. */
	hiddenByBlur(atMs: number): void;
	/** What a click at this monotonic time asks for. */
	click(atMs: number, isVisible: boolean): "show" | "hide" | "ignore";
}

/** Makes the toggle. */
export function createPopoverToggle(): PopoverToggle {
	let hiddenAtMs = -Infinity;
	return {
		hiddenByBlur(atMs) {
			hiddenAtMs = atMs;
		},
		click(atMs, isVisible) {
			if (isVisible) return "hide";
			const closing = atMs - hiddenAtMs < BLUR_BEFORE_CLICK_MS;
			hiddenAtMs = -Infinity;
			return closing ? "ignore" : "show";
		},
	};
}
