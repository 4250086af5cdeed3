import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { chooseHost, findElectron } from "./scripts/choose-host.mjs";

describe("npm start", () => {
	it("takes the app where there is a binary, else the browser", () => {
		expect(chooseHost([], "/x/electron")).toEqual({ kind: "app", binary: "/x/electron" });
		expect(chooseHost([], null)).toEqual({ kind: "browser", because: "no-binary" });
	});

	it("takes the browser where it was asked to, binary or not", () => {
		const asked = { kind: "browser", because: "asked" };
		expect(chooseHost(["--port", "1", "--headless"], "/x/electron")).toEqual(asked);
		expect(chooseHost(["--headless"], null)).toEqual(asked);
	});

	it("finds the binary of the folder that the environment names, and only a program", async () => {
		const folder = await mkdtemp(join(tmpdir(), "plimsoll-electron-"));
		const environment = { ELECTRON_OVERRIDE_DIST_PATH: folder };
		expect(findElectron(environment, "linux")).toBeNull();
		const binary = join(folder, "electron");
		await writeFile(binary, "");
		await chmod(binary, 0o644);
		// The root user may write everything, but runs no file that nobody may run.
		expect(findElectron(environment, "linux")).toBeNull();
		await chmod(binary, 0o755);
		expect(findElectron(environment, "linux")).toBe(binary);
		await rm(folder, { recursive: true });
	});
});
