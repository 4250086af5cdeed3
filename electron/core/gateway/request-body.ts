import type { IncomingMessage } from "node:http";
import { AppError } from "../../../shared/errors.ts";
import type { Clock } from "../ports.ts";

/**
 * Reads a body whole. Rejects with `body-too-large` as soon as more than `limitBytes` came, with `request-timeout`
 * where it is not there within `withinMs` (null waits on), with `cancelled` where the client leaves.
 */
export function readBody(
	request: IncomingMessage,
	limits: { readonly limitBytes: number; readonly withinMs: number | null },
	clock: Clock,
): Promise<Buffer> {
	return new Promise((resolve, reject) => {
		const { limitBytes, withinMs } = limits;
		if (Number(request.headers["content-length"] ?? "0") > limitBytes) {
			reject(AppError.of("body-too-large", { limitBytes }));
			return;
		}
		const pieces: Buffer[] = [];
		let bytes = 0;
		const stopTimer =
			withinMs === null
				? () => undefined
				: clock.after(withinMs, () => fail(AppError.of("request-timeout", { seconds: withinMs / 1000 })));
		function done(): void {
			stopTimer();
			request.off("data", take).off("end", finish).off("error", leave).off("close", leave);
		}
		function fail(error: AppError): void {
			done();
			request.pause();
			reject(error);
		}
		function take(piece: Buffer): void {
			bytes += piece.length;
			if (bytes > limitBytes) fail(AppError.of("body-too-large", { limitBytes }));
			else pieces.push(piece);
		}
		function finish(): void {
			done();
			resolve(pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces, bytes));
		}
		function leave(): void {
			fail(AppError.of("cancelled", {}));
		}
		request.on("data", take).on("end", finish).on("error", leave).on("close", leave);
	});
}
