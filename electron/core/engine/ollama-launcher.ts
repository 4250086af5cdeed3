import { spawn } from "node:child_process";
import { access, constants, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { AppError } from "../../../shared/errors.ts";
import type { Clock, EngineLauncher } from "../ports.ts";

/** Where a launcher looks and how it starts what it finds. */
export interface LauncherOptions {
	readonly platform: NodeJS.Platform;
	/** Home directory; `~/Applications` and the started engine's working directory. */
	readonly home: string;
	readonly environment: Readonly<Record<string, string | undefined>>;
	readonly clock: Clock;
	/** Folders that may hold Ollama.app; macOS only. */
	readonly applicationFolders?: readonly string[];
	/** Folders that may hold the `ollama` binary, beside those on PATH. */
	readonly binaryFolders?: readonly string[];
	/** macOS `open`. */
	readonly openProgram?: string;
}

/** An engine that ends within this time was not started. */
const EARLY_EXIT_MS = 400;

/** What was found on disk. */
interface Installed {
	readonly kind: "app" | "binary";
	readonly path: string;
	/** The program to run and its arguments. */
	readonly program: string;
	readonly args: readonly string[];
}

/**
 * Finds and starts an Ollama of this machine: the app on macOS, else `ollama serve` from the places installers use,
 * from PATH, or from inside the app. What is started is detached, keeps no pipe to Plimsoll and outlives it.
 */
export function createOllamaLauncher(options: LauncherOptions): EngineLauncher {
	const openProgram = options.openProgram ?? "/usr/bin/open";
	const applicationFolders =
		options.platform === "darwin"
			? (options.applicationFolders ?? ["/Applications", join(options.home, "Applications")])
			: [];
	const binaryFolders = [
		...(options.binaryFolders ?? ["/opt/homebrew/bin", "/usr/local/bin"]),
		...(options.environment.PATH ?? "").split(delimiter).filter((folder) => isAbsolute(folder)),
		...applicationFolders.map((folder) => join(folder, "Ollama.app/Contents/Resources")),
	];

	/** Everything that could be started, best first. */
	async function look(): Promise<readonly Installed[]> {
		const found: Installed[] = [];
		for (const folder of applicationFolders) {
			const path = join(folder, "Ollama.app");
			// `-g` leaves the window in front where it is.
			if (await isFolder(path))
				found.push({ kind: "app", path, program: openProgram, args: ["-g", "-a", path] });
		}
		for (const folder of binaryFolders) {
			const path = join(folder, "ollama");
			if (await isProgram(path)) found.push({ kind: "binary", path, program: path, args: ["serve"] });
		}
		return found;
	}

	return {
		async find() {
			const [best] = await look();
			return best === undefined ? null : { kind: best.kind, path: best.path };
		},
		async start() {
			const failures: unknown[] = [];
			for (const installed of await look()) {
				try {
					return await startDetached(installed, options);
				} catch (error) {
					// An app cannot be opened where nobody is logged in at the screen; its binary still runs.
					failures.push(error);
				}
			}
			throw failures[0] ?? AppError.of("engine-not-installed", {});
		},
	};
}

/** Resolves once the program runs; `open` may end at once with 0, an engine may not end at all. */
function startDetached(installed: Installed, options: LauncherOptions): Promise<void> {
	const { ELECTRON_RUN_AS_NODE: _electronOnly, ...environment } = options.environment;
	return new Promise((resolve, reject) => {
		const child = spawn(installed.program, installed.args, {
			detached: true,
			stdio: "ignore",
			cwd: options.home,
			env: environment,
		});
		child.unref();
		const failed = (text: string, cause?: unknown) => {
			stopWaiting();
			reject(AppError.of("engine-error", { text: `${installed.path}: ${text}` }, cause));
		};
		const stopWaiting = options.clock.after(EARLY_EXIT_MS, resolve);
		child.once("error", (error) => failed(error.message, error));
		child.once("exit", (code, signal) => {
			if (installed.kind === "app" && code === 0) {
				stopWaiting();
				resolve();
			} else failed(`exit ${code ?? signal}`);
		});
	});
}

async function isFolder(path: string): Promise<boolean> {
	try {
		return (await stat(path)).isDirectory();
	} catch {
		return false;
	}
}

async function isProgram(path: string): Promise<boolean> {
	try {
		await access(path, constants.X_OK);
		return (await stat(path)).isFile();
	} catch {
		return false;
	}
}
