import { expect, test } from "vitest";
import { DEFAULT_SETTINGS, SETTINGS_VERSION } from "../../../shared/settings.ts";
import {
	type Migration,
	mergeSettings,
	migrate,
	readSettings,
	SETTINGS_MIGRATIONS,
	settingsText,
} from "./read-settings.ts";

test("every version below the present one has its step", () => {
	const versions = Array.from({ length: SETTINGS_VERSION - 1 }, (_, index) => index + 1);
	expect([...SETTINGS_MIGRATIONS.keys()].toSorted((a, b) => a - b)).toEqual(versions);
});

test("steps run in order from the file's version on, and each raises the version", () => {
	const seen: unknown[] = [];
	const steps = new Map<number, Migration>([
		[1, (old) => ({ ...old, never: true })],
		[
			2,
			(old) => {
				seen.push(old.version);
				return { ...old, b: old.a };
			},
		],
		[
			3,
			(old) => {
				seen.push(old.version);
				return { ...old, c: old.b };
			},
		],
	]);
	expect(migrate({ version: 2, a: 7 }, 2, 4, steps)).toEqual({ version: 4, a: 7, b: 7, c: 7 });
	expect(seen).toEqual([2, 3]);
});

test("what is written reads back the same, and a byte order mark does not hurt", () => {
	const text = settingsText(DEFAULT_SETTINGS);
	expect(readSettings(text)).toEqual({ kind: "settings", settings: DEFAULT_SETTINGS });
	expect(readSettings(`\uFEFF${text}`).kind).toBe("settings");
});

test("of two changes of one key the newer wins, changes of different keys are both kept", () => {
	const base = DEFAULT_SETTINGS;
	const next = { ...base, gateway: { ...base.gateway, port: 1, allowedOrigins: ["https://a.example"] } };
	const theirs = {
		...base,
		language: "de" as const,
		gateway: { ...base.gateway, port: 2, requireToken: true },
	};
	expect(mergeSettings(base, next, theirs)).toEqual({
		...base,
		language: "de",
		gateway: { port: 1, requireToken: true, allowedOrigins: ["https://a.example"] },
	});
});
