import { describe, expect, it } from "vitest";
import { createRenderer } from "../../../shared/messages/create-renderer.ts";
import type { ReleaseGrade } from "../../../shared/operation.ts";
import type { Emergency } from "../../../shared/watchdog.ts";
import { emergencyNotice } from "./emergency-notice.ts";

const GB = 1024 ** 3;
const english = createRenderer("en");

function told(
	models: readonly (readonly [string, ReleaseGrade | null])[],
	loadsEnded: string[] = [],
): string {
	const emergency: Emergency = {
		id: "1",
		startedAt: 0,
		endedAt: 12_000,
		step: 1,
		availableBytes: 0,
		models: models.map(([name, grade]) => ({
			key: name,
			name,
			grade,
			releasedBytes: 0,
			answersElsewhere: false,
		})),
		loadsEnded,
		ownAnswersEnded: 0,
		carriedAnswersEnded: 0,
		notStopped: [],
		releasedBytes: 6.9 * GB,
		retryAt: 0,
	};
	return english.render(emergencyNotice(emergency).body).replaceAll("\u00a0", " ");
}

describe("the notice of an emergency", () => {
	it("names what left and how much came back, and leaves out what stayed", () => {
		expect(told([["mistral:7b", "proved"]])).toBe("Unloaded mistral:7b: 6.9 GB came back.");
		expect(
			told([
				["a", "proved"],
				["b", "engine-says-so"],
				["c", "not-confirmed"],
				["d", null],
			]),
		).toBe("Unloaded a, b: 6.9 GB came back.");
	});

	it("says what else was done where nothing left", () => {
		expect(told([["c", "not-confirmed"]], ["toobig:20b"])).toBe("Ended the load of toobig:20b.");
		expect(told([["c", "not-confirmed"]])).toBe("c was asked to leave and has not.");
		expect(told([])).toBe("There was no model that could be unloaded.");
	});
});
