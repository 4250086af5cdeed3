import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Text of a captured-like output below e2e/fixtures. */
export function fixture(path: string): string {
	return readFileSync(fixturePath(path), "utf8");
}

/** Path of a file or folder below e2e/fixtures. */
export function fixturePath(path: string): string {
	return fileURLToPath(new URL(`../../../../e2e/fixtures/${path}`, import.meta.url));
}
