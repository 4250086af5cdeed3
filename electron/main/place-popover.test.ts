import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DisplayArea, placePopover, type Rectangle } from "./place-popover.ts";

const builtIn: DisplayArea = {
	bounds: { x: 0, y: 0, width: 1512, height: 982 },
	workArea: { x: 0, y: 33, width: 1512, height: 900 },
};
const left: DisplayArea = {
	bounds: { x: -1920, y: -100, width: 1920, height: 1080 },
	workArea: { x: -1920, y: -75, width: 1920, height: 1055 },
};
const size = { width: 380, height: 600 };

function within(inner: Rectangle, outer: Rectangle): boolean {
	return (
		inner.x >= outer.x &&
		inner.y >= outer.y &&
		inner.x + inner.width <= outer.x + outer.width &&
		inner.y + inner.height <= outer.y + outer.height
	);
}

describe("placing the popover", () => {
	it("centres it under the icon", () => {
		const anchor = { x: 1000, y: 4, width: 24, height: 24 };
		const place = placePopover({ anchor, cursor: { x: 0, y: 0 }, displays: [builtIn], size });
		expect(place).toEqual({ x: 822, y: 34, width: 380, height: 600 });
	});

	it("opens on the icon's display although the cursor is on another one", () => {
		const anchor = { x: -300, y: -98, width: 24, height: 22 };
		const place = placePopover({ anchor, cursor: { x: 700, y: 400 }, displays: [builtIn, left], size });
		expect(within(place, left.workArea)).toBe(true);
	});

	it("stays on the screen for an icon at the right edge", () => {
		const anchor = { x: 1490, y: 4, width: 22, height: 24 };
		const place = placePopover({ anchor, cursor: { x: 0, y: 0 }, displays: [builtIn], size });
		expect(place.x + place.width).toBe(1512);
	});

	it("opens above the icon where the bar is at the bottom", () => {
		const display = {
			bounds: { x: 0, y: 0, width: 1920, height: 1080 },
			workArea: { x: 0, y: 0, width: 1920, height: 1040 },
		};
		const anchor = { x: 1700, y: 1048, width: 24, height: 24 };
		const place = placePopover({ anchor, cursor: { x: 0, y: 0 }, displays: [display], size });
		expect(place.y + place.height).toBeLessThanOrEqual(1040);
	});

	it("goes to the top right of the cursor's display when the icon is hidden and reports a place below the screen", () => {
		const anchor = { x: 0, y: 982, width: 24, height: 24 };
		const place = placePopover({ anchor, cursor: { x: -500, y: 300 }, displays: [builtIn, left], size });
		expect(place).toEqual({ x: -386, y: -69, width: 380, height: 600 });
	});

	it("always lies inside one work area, in whole points", () => {
		const rectangle = fc.record({
			x: fc.integer({ min: -4000, max: 4000 }),
			y: fc.integer({ min: -4000, max: 4000 }),
			width: fc.integer({ min: 400, max: 4000 }),
			height: fc.integer({ min: 300, max: 3000 }),
		});
		const display = fc.tuple(rectangle, fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 80 })).map(
			([bounds, bar, dock]): DisplayArea => ({
				bounds,
				workArea: { x: bounds.x, y: bounds.y + bar, width: bounds.width, height: bounds.height - bar - dock },
			}),
		);
		const loose = fc.double({ min: -6000, max: 6000, noNaN: true });
		fc.assert(
			fc.property(
				fc.array(display, { minLength: 1, maxLength: 4 }),
				fc.option(
					fc.record({
						x: loose,
						y: loose,
						width: fc.integer({ min: 0, max: 60 }),
						height: fc.integer({ min: 0, max: 60 }),
					}),
				),
				fc.record({ x: loose, y: loose }),
				(displays, anchor, cursor) => {
					const place = placePopover({ anchor, cursor, displays, size: { width: 380, height: 900 } });
					expect(displays.some((each) => within(place, each.workArea))).toBe(true);
					expect(Object.values(place).every(Number.isInteger)).toBe(true);
				},
			),
		);
	});
});
