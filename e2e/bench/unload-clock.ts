import http from "node:http";
import type { AddressInfo } from "node:net";

/** Stands between Plimsoll and an engine and notes when requests to unload come by. */
export interface UnloadClock {
	readonly url: string;
	/** Wall clock of every such request so far. */
	readonly at: readonly number[];
	close(): Promise<void>;
}

/** Passes everything on to an engine. */
export async function startUnloadClock(engineUrl: string): Promise<UnloadClock> {
	const at: number[] = [];
	const server = http.createServer((request, response) => {
		const cameAt = Date.now();
		const upstream = http.request(
			`${engineUrl}${request.url ?? "/"}`,
			{ method: request.method, headers: request.headers },
			(answer) => {
				response.writeHead(answer.statusCode ?? 502, answer.headers);
				answer.pipe(response);
			},
		);
		upstream.on("error", () => response.destroy());
		response.on("close", () => upstream.destroy());
		const pieces: Buffer[] = [];
		request.on("data", (piece: Buffer) => pieces.push(piece));
		request.on("end", () => {
			const body = Buffer.concat(pieces);
			if (request.url === "/api/generate" && /"keep_alive":\s*0\b/.test(body.toString())) at.push(cameAt);
			upstream.end(body);
		});
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		at,
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
}
