import { createHash, timingSafeEqual } from "node:crypto";

function digest(text: string): Buffer {
	return createHash("sha256").update(text).digest();
}

/** Whether two secrets are the same, in a time that does not tell how far or how long they agree. */
export function sameSecret(given: string, expected: string): boolean {
	return timingSafeEqual(digest(given), digest(expected));
}
