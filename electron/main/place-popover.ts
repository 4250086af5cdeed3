/** A rectangle in screen points, origin at the top left of the primary display. */
export interface Rectangle {
	readonly x: number;
	readonly y: number;
	readonly width: number;
	readonly height: number;
}

/** What placing needs to know of a display: all of it, and what menu bar and Dock leave. */
export interface DisplayArea {
	readonly bounds: Rectangle;
	readonly workArea: Rectangle;
}

/** Room between the popover and whatever it stands next to. */
const GAP = 6;

/** An icon sits in the strip that the menu bar takes; this much of a display's edge counts as that strip. */
const BAR_DEPTH = 48;

function contains(area: Rectangle, x: number, y: number): boolean {
	return x >= area.x && x < area.x + area.width && y >= area.y && y < area.y + area.height;
}

function clamp(value: number, low: number, high: number): number {
	return Math.max(low, Math.min(value, Math.max(low, high)));
}

/** True where the anchor lies at the top or bottom edge of a display; hidden and overflowed icons report bounds elsewhere. */
function isBelievable(anchor: Rectangle, display: DisplayArea): boolean {
	const { bounds } = display;
	const fromTop = anchor.y - bounds.y;
	const fromBottom = bounds.y + bounds.height - (anchor.y + anchor.height);
	return anchor.width > 0 && anchor.height > 0 && (fromTop < BAR_DEPTH || fromBottom < BAR_DEPTH);
}

/**
 * Where the popover goes: centred under the tray icon (over it where the bar is at the bottom), inside the work area of
 * the icon's display. An anchor that cannot be right falls back to the top right of the display with the cursor.
 * Result in whole points; always inside one work area, made smaller where it would not fit.
 */
export function placePopover(input: {
	readonly anchor: Rectangle | null;
	readonly cursor: { readonly x: number; readonly y: number };
	readonly displays: readonly DisplayArea[];
	readonly size: { readonly width: number; readonly height: number };
}): Rectangle {
	const { anchor, cursor, displays } = input;
	const first = displays[0];
	if (first === undefined) throw new RangeError("there is no display");
	const anchored =
		anchor === null
			? undefined
			: displays.find(
					(display) =>
						contains(display.bounds, anchor.x + anchor.width / 2, anchor.y + anchor.height / 2) &&
						isBelievable(anchor, display),
				);
	const display = anchored ?? displays.find((each) => contains(each.bounds, cursor.x, cursor.y)) ?? first;
	const { workArea, bounds } = display;
	const width = Math.min(input.size.width, Math.floor(workArea.width));
	const height = Math.min(input.size.height, Math.floor(workArea.height));
	const right = workArea.x + workArea.width - width;
	const bottom = workArea.y + workArea.height - height;
	if (anchored === undefined || anchor === null) {
		return {
			x: Math.floor(clamp(right - GAP, workArea.x, right)),
			y: Math.ceil(clamp(workArea.y + GAP, workArea.y, bottom)),
			width,
			height,
		};
	}
	const atTop = anchor.y - bounds.y < BAR_DEPTH;
	return {
		x: Math.round(clamp(anchor.x + anchor.width / 2 - width / 2, Math.ceil(workArea.x), Math.floor(right))),
		y: Math.round(
			clamp(
				atTop ? anchor.y + anchor.height + GAP : anchor.y - height - GAP,
				Math.ceil(workArea.y),
				Math.floor(bottom),
			),
		),
		width,
		height,
	};
}
