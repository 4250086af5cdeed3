import type { HostParts } from "../open-plimsoll.ts";
import type { Paths } from "../ports.ts";
import { resolvePaths } from "../store/paths.ts";

/** Where a Plimsoll keeps what it has in a folder, whatever machine the test runs on. */
export function pathsIn(dataDir: string): Paths {
	return resolvePaths({ platform: "linux", env: {}, home: dataDir, dataDir });
}

/** A host for tests: its data lies in a folder of their own, nobody looks, and nothing is around the popover. */
export function unseenHost(
	given: Pick<HostParts, "engine" | "port"> & Partial<HostParts> & { readonly dataDir: string },
): HostParts {
	const { dataDir, ...parts } = given;
	return {
		paths: pathsIn(dataDir),
		appVersion: "0.0.1",
		weightsFile: "build/router/weights/router-weights.bin",
		shellState: {
			host: "browser",
			platform: "linux",
			loginItem: "unsupported",
			shortcutHeld: null,
			ownMemoryBytes: null,
		},
		shell: {
			setOpenAtLogin: async () => "unsupported",
			openPlace: async () => undefined,
			closePopover: () => undefined,
			saveText: async () => false,
			startDemo: async () => undefined,
			quit: () => undefined,
		},
		...parts,
	};
}
