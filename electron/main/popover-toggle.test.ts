import { expect, it } from "vitest";
import { createPopoverToggle } from "./popover-toggle.ts";

it("opens on the first click and closes on the next", () => {
	const toggle = createPopoverToggle();
	expect(toggle.click(1000, false)).toBe("show");
	expect(toggle.click(5000, true)).toBe("hide");
});

it("does not reopen a popover that the same click has just closed by taking its focus", () => {
	const toggle = createPopoverToggle();
	toggle.hiddenByBlur(1000);
	expect(toggle.click(1080, false)).toBe("ignore");
	expect(toggle.click(1200, false)).toBe("show");
});

it("opens after the popover was left for another window", () => {
	const toggle = createPopoverToggle();
	toggle.hiddenByBlur(1000);
	expect(toggle.click(3000, false)).toBe("show");
});
