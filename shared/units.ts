/** One gigabyte as Plimsoll says it everywhere on screen and in its HTTP API: 1024³ bytes. */
export const BYTES_PER_GB = 1024 ** 3;

/** One megabyte, 1024² bytes. */
export const BYTES_PER_MB = 1024 ** 2;

/** Bytes as GB, rounded to hundredths: the precision of the HTTP API. */
export function toGb(bytes: number): number {
	return Math.round((bytes / BYTES_PER_GB) * 100) / 100;
}

/** GB as whole bytes. */
export function fromGb(gb: number): number {
	return Math.round(gb * BYTES_PER_GB);
}
