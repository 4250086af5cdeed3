import http from "node:http";

/**
 * A client that measures, in a process of its own. Each message is one job, answered with its figures:
 * `{ kind: "first-byte", port, clients, requests }` → milliseconds from asking to the first byte, one a request;
 * `{ kind: "throughput", port, lines, rate }` → lines a second.
 */
const agent = new http.Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

const BODY = JSON.stringify({
	model: "bench:1b",
	messages: [{ role: "user", content: "How deep may a ship lie in the water? ".repeat(20) }],
});

/**
 * @param {number} port
 * @param {string} query
 * @returns {Promise<{ firstByteMs: number, bytes: number, tookMs: number }>}
 */
function ask(port, query) {
	return new Promise((resolve, reject) => {
		const startedMs = performance.now();
		const request = http.request({
			agent,
			host: "127.0.0.1",
			port,
			path: `/api/chat${query}`,
			method: "POST",
			headers: { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(BODY) },
		});
		request.on("error", reject);
		request.on("response", (response) => {
			let firstByteMs = 0;
			let bytes = 0;
			response.on("data", (piece) => {
				if (bytes === 0) firstByteMs = performance.now() - startedMs;
				bytes += piece.length;
			});
			response.on("error", reject);
			response.on("end", () => resolve({ firstByteMs, bytes, tookMs: performance.now() - startedMs }));
		});
		request.end(BODY);
	});
}

/** @param {{ port: number, clients: number, requests: number }} job */
async function firstBytes({ port, clients, requests }) {
	/** @type {number[]} */
	const times = [];
	let left = requests;
	await Promise.all(
		Array.from({ length: clients }, async () => {
			while (left > 0) {
				left -= 1;
				times.push((await ask(port, "")).firstByteMs);
			}
		}),
	);
	return times;
}

/** @param {{ port: number, lines: number, rate: number }} job */
async function throughput({ port, lines, rate }) {
	const { tookMs } = await ask(port, `?lines=${lines}${rate > 0 ? `&rate=${rate}` : ""}`);
	return [lines / (tookMs / 1000)];
}

process.on("message", async (/** @type {any} */ job) => {
	try {
		process.send?.({ figures: await (job.kind === "first-byte" ? firstBytes(job) : throughput(job)) });
	} catch (error) {
		process.send?.({ error: String(error) });
	}
});
process.on("disconnect", () => process.exit(0));
process.send?.({ ready: true });
