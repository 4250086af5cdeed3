import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MAX_PICTURE_BYTES } from "../../../shared/chat.ts";
import { AppError } from "../../../shared/errors.ts";
import type { PictureFiles } from "../ports.ts";
import { storageError } from "./storage-error.ts";

/** Beginning of every JPEG. */
const JPEG = Buffer.from([0xff, 0xd8, 0xff]);

const ID = /^[0-9a-f]{64}$/;

/** Opens the folder of pictures, which is made with the first one. Only for the holder of the data folder. */
export function createPictureFiles(dir: string): PictureFiles {
	const fileOf = (id: string) => join(dir, `${id}.jpg`);
	return {
		put(bytes) {
			const what = "a picture";
			if (bytes.length > MAX_PICTURE_BYTES)
				throw AppError.of("invalid-argument", { what, problem: `it has ${bytes.length} bytes` });
			if (!bytes.subarray(0, JPEG.length).equals(JPEG))
				throw AppError.of("invalid-argument", { what, problem: "it is no JPEG" });
			const id = createHash("sha256").update(bytes).digest("hex");
			try {
				mkdirSync(dir, { recursive: true, mode: 0o700 });
				// Whole under another name first: a kill meanwhile leaves no half a picture behind.
				writeFileSync(`${fileOf(id)}.tmp`, bytes, { mode: 0o600, flush: true });
				renameSync(`${fileOf(id)}.tmp`, fileOf(id));
			} catch (thrown) {
				rmSync(`${fileOf(id)}.tmp`, { force: true });
				throw storageError(dir, thrown);
			}
			return id;
		},
		get(id) {
			if (!ID.test(id)) return null;
			try {
				return readFileSync(fileOf(id));
			} catch {
				return null;
			}
		},
		keepOnly(ids) {
			let names: readonly string[];
			try {
				names = readdirSync(dir);
			} catch {
				return;
			}
			for (const name of names)
				if (!ids.has(name.replace(/\.jpg$/, ""))) rmSync(join(dir, name), { force: true });
		},
	};
}
