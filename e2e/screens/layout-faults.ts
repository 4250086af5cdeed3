import type { Page } from "@playwright/test";

/**
 * What overlaps or sticks out on a page, in words, one line each; empty where all is well. Looked at are siblings that
 * cover each other, boxes whose content is wider than they are, and boxes outside of the popover. Left out is what is
 * laid over something on purpose: the stretches of the hull, menus, and what only a screen reader meets.
 */
export function layoutFaults(page: Page): Promise<readonly string[]> {
	return page.evaluate(() => {
		const SLACK_PX = 1;
		const faults = new Set<string>();
		const popover = document.querySelector<HTMLElement>(".popover");
		if (popover === null) return ["there is no popover"];
		const frame = popover.getBoundingClientRect();

		const look = {
			named(element: Element): string {
				const text = (element.textContent ?? "").trim().slice(0, 40);
				return `${element.tagName.toLowerCase()}.${[...element.classList].join(".")} “${text}”`;
			},
			counts(element: Element): boolean {
				if (element.closest(".hull-body, .scale, .menu, .visually-hidden, .curve, svg, select") !== null)
					return false;
				const box = element.getBoundingClientRect();
				const { visibility, opacity } = getComputedStyle(element);
				return box.width > 0 && box.height > 0 && visibility !== "hidden" && opacity !== "0";
			},
			/** Part of an element that its clipping ancestors let through. */
			shown(element: Element): DOMRect | null {
				let { left, right, top, bottom } = element.getBoundingClientRect();
				for (let each = element.parentElement; each !== null; each = each.parentElement) {
					if (getComputedStyle(each).overflow === "visible") continue;
					const clip = each.getBoundingClientRect();
					left = Math.max(left, clip.left);
					right = Math.min(right, clip.right);
					top = Math.max(top, clip.top);
					bottom = Math.min(bottom, clip.bottom);
				}
				return right > left && bottom > top ? new DOMRect(left, top, right - left, bottom - top) : null;
			},
			inFlow(element: Element): boolean {
				const { position, display } = getComputedStyle(element);
				return (
					(position === "static" || position === "relative") && display !== "inline" && look.counts(element)
				);
			},
		};

		for (const element of popover.querySelectorAll<HTMLElement>("*")) {
			if (!look.counts(element)) continue;
			const { display, overflowX } = getComputedStyle(element);
			const excess = element.scrollWidth - element.clientWidth;
			if (display !== "inline" && display !== "contents" && excess > SLACK_PX) {
				if (overflowX === "visible")
					faults.add(`${excess} px wider inside than outside: ${look.named(element)}`);
				else if (
					overflowX !== "hidden" &&
					overflowX !== "clip" &&
					!element.matches("pre, .table, textarea, input")
				)
					faults.add(`scrolls sideways: ${look.named(element)}`);
			}
			const box = look.shown(element);
			if (box !== null && (box.left < frame.left - SLACK_PX || box.right > frame.right + SLACK_PX))
				faults.add(`outside of the popover: ${look.named(element)}`);

			const children = [...element.children].filter(look.inFlow);
			for (const [index, one] of children.entries()) {
				for (const other of children.slice(index + 1)) {
					const a = look.shown(one);
					const b = look.shown(other);
					if (a === null || b === null) continue;
					const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
					const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
					if (wide > SLACK_PX && high > SLACK_PX)
						faults.add(`${look.named(one)} lies over ${look.named(other)}`);
				}
			}
		}
		const text = popover.scrollWidth > document.documentElement.clientWidth + SLACK_PX;
		if (text) faults.add("the popover is wider than its window");
		return [...faults];
	});
}
