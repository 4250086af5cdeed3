import { expect, it } from "vitest";
import { launchOptions } from "./launch-options.ts";

it("reads its flags in both spellings, wherever Chromium's own stand", () => {
	const given = ["--no-sandbox", "--engine", "http://127.0.0.1:5", "--port=7", "/folder", "--data-dir=/a=b"];
	expect(launchOptions(given, {}, true)).toEqual({
		engine: "http://127.0.0.1:5",
		port: 7,
		dataDir: "/a=b",
		destroyAfterMs: null,
	});
});

it("asks for nothing where nothing was said", () => {
	expect(launchOptions([], {}, false)).toEqual({
		engine: null,
		port: null,
		dataDir: null,
		destroyAfterMs: null,
	});
});

it("takes the port from the flag, else from the environment", () => {
	expect(launchOptions([], { PLIMSOLL_PORT: "12" }, false).port).toBe(12);
	expect(launchOptions(["--port", "13"], { PLIMSOLL_PORT: "12" }, false).port).toBe(13);
});

it.each(["", "-1", "65536", "80x", "1e3", "999999"])("takes %j for no port", (text) => {
	expect(launchOptions(["--port", text], {}, false).port).toBeNull();
});

it("shortens the life of a hidden popover from source only", () => {
	const environment = { PLIMSOLL_DESTROY_AFTER_MS: "50" };
	expect(launchOptions([], environment, false).destroyAfterMs).toBe(50);
	expect(launchOptions([], environment, true).destroyAfterMs).toBeNull();
	expect(launchOptions([], { PLIMSOLL_DESTROY_AFTER_MS: "soon" }, false).destroyAfterMs).toBeNull();
});
