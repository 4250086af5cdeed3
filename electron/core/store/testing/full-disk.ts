import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder whose disk can be filled. */
export interface FullDisk {
	readonly dir: string;
	/** Leaves at most this many bytes. */
	fill(freeBytes?: number): void;
	/** Makes room again. */
	empty(): void;
	remove(): void;
}

const SIZE = "1m";

function tmpfsDisk(): FullDisk {
	const dir = fs.mkdtempSync(join(tmpdir(), "plimsoll-full-"));
	execFileSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE}`, "tmpfs", dir], { stdio: "ignore" });
	const filler = join(dir, "filler");
	return {
		dir,
		fill(freeBytes = 0) {
			const { bavail, bsize } = fs.statfsSync(dir);
			fs.writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - freeBytes), 1));
		},
		empty: () => fs.rmSync(filler, { force: true }),
		remove() {
			execFileSync("umount", ["-l", dir]);
			fs.rmSync(dir, { recursive: true, force: true });
		},
	};
}

function noSpace(): Error {
	return Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", errno: -28 });
}

function fail(): never {
	throw noSpace();
}

/** Lets every write of this process fail as a full disk does; creating an empty file still works, as on most disks. */
function injectedDisk(): FullDisk {
	const dir = fs.mkdtempSync(join(tmpdir(), "plimsoll-full-"));
	const real = { writeSync: fs.writeSync, writeFileSync: fs.writeFileSync, open: fs.promises.open };
	const empty = () => {
		Object.assign(fs, { writeSync: real.writeSync, writeFileSync: real.writeFileSync });
		fs.promises.open = real.open;
		syncBuiltinESMExports();
	};
	return {
		dir,
		fill() {
			Object.assign(fs, { writeSync: fail, writeFileSync: fail });
			fs.promises.open = async (...args) => {
				const handle = await real.open(...args);
				handle.writeFile = () => Promise.reject(noSpace());
				return handle;
			};
			syncBuiltinESMExports();
		},
		empty,
		remove() {
			empty();
			fs.rmSync(dir, { recursive: true, force: true });
		},
	};
}

function canMount(): boolean {
	try {
		tmpfsDisk().remove();
		return true;
	} catch {
		return false;
	}
}

/** A real full disk where this process may mount one, else one whose writes fail by injection. */
export const fullDisk: { readonly kind: string; make(): FullDisk } = canMount()
	? { kind: `a tmpfs of ${SIZE}`, make: tmpfsDisk }
	: { kind: "injected ENOSPC", make: injectedDisk };

/** The injected disk, on every machine. */
export const injectedFullDisk = { kind: "injected ENOSPC", make: injectedDisk };
