import { expect, test } from "vitest";
import { resolvePaths } from "./paths.ts";

test("a Mac keeps data under Application Support and logs under Logs", () => {
	const paths = resolvePaths({ platform: "darwin", env: { XDG_DATA_HOME: "/xdg" }, home: "/Users/a" });
	expect(paths.dataDir).toBe("/Users/a/Library/Application Support/Plimsoll");
	expect(paths.logDir).toBe("/Users/a/Library/Logs/Plimsoll");
	expect(paths.settingsFile).toBe("/Users/a/Library/Application Support/Plimsoll/settings.json");
});

function at(env: Record<string, string>): string {
	return resolvePaths({ platform: "linux", env, home: "/home/a" }).dataDir;
}

test("Linux follows XDG_DATA_HOME when it is absolute, else ~/.local/share", () => {
	expect(at({ XDG_DATA_HOME: "/data" })).toBe("/data/plimsoll");
	expect(at({ XDG_DATA_HOME: "data" })).toBe("/home/a/.local/share/plimsoll");
	expect(at({})).toBe("/home/a/.local/share/plimsoll");
	expect(at({ PLIMSOLL_DATA_DIR: "" })).toBe("/home/a/.local/share/plimsoll");
});

test("the flag wins over the environment, and a chosen folder holds the logs too", () => {
	const source = { platform: "darwin", env: { PLIMSOLL_DATA_DIR: "/env" }, home: "/Users/a" } as const;
	expect(resolvePaths(source)).toMatchObject({ dataDir: "/env", logDir: "/env/logs" });
	expect(resolvePaths({ ...source, dataDir: "/flag" })).toMatchObject({
		dataDir: "/flag",
		logDir: "/flag/logs",
		databaseFile: "/flag/history.db",
		conversationsFile: "/flag/conversations.db",
		picturesDir: "/flag/pictures",
		apiFile: "/flag/api.json",
	});
});
