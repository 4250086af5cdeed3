import { describe, expect, it } from "vitest";
import { displayWidth, formatTable } from "./table.ts";

describe("a table", () => {
	it("aligns its columns and leaves no blanks at line ends", () => {
		const text = formatTable(
			[
				{ title: "NAME", align: "left" },
				{ title: "GB", align: "right" },
				{ title: "STATE", align: "left" },
			],
			[
				["gemma3:4b", "3.4", "idle"],
				["x", "12.0", ""],
			],
		);
		expect(text.split("\n")).toEqual(["NAME         GB  STATE", "gemma3:4b   3.4  idle", "x          12.0"]);
	});

	it("counts what a terminal shows, not what a string holds", () => {
		expect(displayWidth("größe")).toBe(5);
		expect(displayWidth("gro\u0308ße")).toBe(5);
		expect(displayWidth("模型")).toBe(4);
		expect(displayWidth("🚢")).toBe(2);
		expect(displayWidth("a\u202eb")).toBe(2);
	});
});
