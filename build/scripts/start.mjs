import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { buildApp, buildNode, buildRenderer, root } from "./build.mjs";
import { chooseHost, findElectron } from "./choose-host.mjs";

/** Electron's own installer may take this long before the browser is used instead. */
const INSTALL_WITHIN_MS = 60_000;

const given = process.argv.slice(2);

/**
 * On macOS the app is what people want, so its binary is fetched by Electron's own installer when it is missing.
 * @returns {string | null}
 */
function installElectron() {
	if (process.platform !== "darwin" || process.env.ELECTRON_OVERRIDE_DIST_PATH) return null;
	console.error("Electron is not here yet: its own installer fetches it now (up to a minute).");
	const folder = dirname(createRequire(import.meta.url).resolve("electron/package.json"));
	spawnSync(process.execPath, [join(folder, "install.js")], { stdio: "inherit", timeout: INSTALL_WITHIN_MS });
	return findElectron(process.env);
}

/**
 * Runs a program in the place of this one: its output, its signals, its exit code.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [environment]
 */
function become(program, args, environment = process.env) {
	const child = spawn(program, args, { stdio: "inherit", cwd: root, env: environment });
	// A terminal sends Ctrl-C to both; this one waits for the other's orderly end.
	process.on("SIGINT", () => undefined);
	for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP"]))
		process.on(signal, () => child.kill(signal));
	child.on("error", (error) => {
		console.error(error.message);
		process.exit(1);
	});
	child.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)));
}

await buildNode({ quiet: true });

const wantsBrowser = given.includes("--headless");
if (existsSync(join(root, "renderer/vite.config.ts"))) {
	await buildRenderer({ quiet: true }).catch((/** @type {Error} */ error) => {
		// API and command line do without a popover; the app does not.
		if (!wantsBrowser) throw error;
		console.error(`The popover could not be built, so there is none now: ${error.message.trim()}`);
	});
}
const host = chooseHost(given, wantsBrowser ? null : (findElectron(process.env) ?? installElectron()));
if (host.kind === "app" && existsSync(join(root, "electron/main/index.ts"))) {
	await buildApp({ quiet: true });
	const { ELECTRON_RUN_AS_NODE: _asNode, ...environment } = process.env;
	become(host.binary, [root, ...given], environment);
} else {
	if (!wantsBrowser)
		console.error(
			"There is no Electron binary here, so Plimsoll runs in the browser instead of the menu bar.",
		);
	const rest = given.filter((argument) => argument !== "--headless");
	become(process.execPath, [join(root, "out/headless/cli.js"), "serve", ...rest]);
}
