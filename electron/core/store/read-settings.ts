import { SETTINGS_VERSION, type Settings, settingsSchema } from "../../../shared/settings.ts";
import { type JsonPath, readJson } from "./json-lines.ts";

/** Takes a settings object of one version to the next one. */
export type Migration = (old: Readonly<Record<string, unknown>>) => Record<string, unknown>;

/** The step away from each version that has ever been in use, by that version. */
export const SETTINGS_MIGRATIONS: ReadonlyMap<number, Migration> = new Map();

/** What a settings text says, or where and why it cannot be used. */
export type SettingsText =
	| { readonly kind: "settings"; readonly settings: Settings }
	| { readonly kind: "refused"; readonly line: number; readonly problem: string };

function refused(line: number, problem: string): SettingsText {
	return { kind: "refused", line, problem };
}

/** Brings an object up to the target version; the version is set after each step. */
export function migrate(
	raw: Readonly<Record<string, unknown>>,
	from: number,
	target: number,
	migrations: ReadonlyMap<number, Migration>,
): Record<string, unknown> {
	let value: Record<string, unknown> = { ...raw };
	for (let version = from; version < target; version += 1) {
		const step = migrations.get(version);
		value = { ...(step === undefined ? value : step(value)), version: version + 1 };
	}
	return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function check(value: unknown, lineOf: (path: JsonPath) => number): SettingsText {
	const checked = settingsSchema.safeParse(value);
	if (checked.success) return { kind: "settings", settings: checked.data };
	const issue = checked.error.issues[0];
	if (issue === undefined) return refused(1, "not settings");
	const unknownKey = issue.code === "unrecognized_keys" ? issue.keys[0] : undefined;
	const path = unknownKey === undefined ? issue.path : [...issue.path, unknownKey];
	const name = path.map(String).join(".");
	return refused(lineOf(path), name === "" ? issue.message : `${name}: ${issue.message}`);
}

/**
 * Reads a settings text of this or an older version. Missing keys take their default, unknown ones are refused, and
 * so is a file of a newer version, since saving it here would lose what this version does not know.
 */
export function readSettings(text: string): SettingsText {
	// Editors on some systems put a byte order mark in front.
	const json = readJson(text.replace(/^\uFEFF/, ""));
	if (json.kind === "broken") return refused(json.line, json.problem);
	const { value, lineOf } = json;
	if (!isObject(value)) return check(value, lineOf);
	const version = value.version ?? SETTINGS_VERSION;
	if (typeof version !== "number" || !Number.isInteger(version) || version < 1)
		return refused(lineOf(["version"]), "version: a whole number from 1 is expected");
	if (version > SETTINGS_VERSION)
		return refused(
			lineOf(["version"]),
			`version: this file is of version ${version}, written by a newer Plimsoll; this one knows versions up to ${SETTINGS_VERSION}`,
		);
	return check(migrate(value, version, SETTINGS_VERSION, SETTINGS_MIGRATIONS), lineOf);
}

/** The text of a settings file, indented for people who edit it. */
export function settingsText(settings: Settings): string {
	return `${JSON.stringify(settings, null, 2)}\n`;
}

function mergeValue(base: unknown, next: unknown, theirs: unknown): unknown {
	if (isObject(base) && isObject(next) && isObject(theirs))
		return Object.fromEntries(
			Object.keys({ ...theirs, ...next }).map((key) => [key, mergeValue(base[key], next[key], theirs[key])]),
		);
	return JSON.stringify(base) === JSON.stringify(next) ? theirs : next;
}

/**
 * Joins two changes of the same settings: where `next` differs from `base` it counts, everywhere else `theirs`.
 * So a save from the popover does not take back a hand edit it had not seen.
 */
export function mergeSettings(base: Settings, next: Settings, theirs: Settings): Settings {
	const merged = settingsSchema.safeParse(mergeValue(base, next, theirs));
	return merged.success ? merged.data : next;
}
