import { createRequire } from "node:module";
import { expect, it } from "vitest";
import config from "./electron-builder.config.mjs";

/** electron-builder's own check of a configuration against its schema; it throws with what is wrong. */
const require = createRequire(import.meta.url);
const builder = require("app-builder-lib/out/util/config/config") as {
	validateConfiguration(
		config: unknown,
		debug: { add(key: string, value: string): void; isEnabled: boolean },
	): Promise<void>;
};
const quiet = { add: () => undefined, isEnabled: false };

it("is a configuration that electron-builder accepts", async () => {
	await expect(builder.validateConfiguration(structuredClone(config), quiet)).resolves.not.toThrow();
});

it("would be refused with a misspelt key, so that the check above means something", async () => {
	const misspelt = { ...structuredClone(config), mac: { ...config.mac, notarise: true } };
	await expect(builder.validateConfiguration(misspelt, quiet)).rejects.toThrow("configuration.mac");
});

it("keeps every door shut that an attacker could use to run code as Plimsoll", () => {
	expect(config.electronFuses).toMatchObject({
		runAsNode: false,
		enableNodeOptionsEnvironmentVariable: false,
		enableNodeCliInspectArguments: false,
		enableEmbeddedAsarIntegrityValidation: true,
		onlyLoadAppFromAsar: true,
		grantFileProtocolExtraPrivileges: false,
	});
});

it("is an app without a Dock icon, with the hardened runtime, for both kinds of Mac", () => {
	expect(config.mac?.extendInfo).toMatchObject({ LSUIElement: true });
	expect(config.mac?.hardenedRuntime).toBe(true);
	expect(config.mac?.target).toEqual([
		{ target: "dmg", arch: ["arm64", "x64"] },
		{ target: "zip", arch: ["arm64", "x64"] },
	]);
});
