import http from "node:http";

/**
 * An engine that answers at once, for measuring what stands in front of it. A process of its own; tells its port to
 * the process that started it. `?lines=N` streams N lines, `&rate=R` at R lines a second.
 */
const LINE = `${JSON.stringify({
	model: "bench:1b",
	created_at: "2026-01-01T00:00:00.000000Z",
	message: { role: "assistant", content: " token" },
	done: false,
})}\n`;

/**
 * @param {import("node:http").ServerResponse} response
 * @param {number} lines
 * @param {number} linesPerSecond
 */
function streamAtRate(response, lines, linesPerSecond) {
	const startedMs = performance.now();
	let sent = 0;
	const timer = setInterval(() => {
		const due = Math.min(lines, Math.floor(((performance.now() - startedMs) / 1000) * linesPerSecond));
		for (; sent < due; sent += 1) response.write(LINE);
		if (sent < lines) return;
		clearInterval(timer);
		response.end();
	}, 1);
	response.on("close", () => clearInterval(timer));
}

/**
 * @param {import("node:http").ServerResponse} response
 * @param {number} lines
 */
async function streamFreely(response, lines) {
	for (let sent = 0; sent < lines && !response.destroyed; sent += 1)
		if (!response.write(LINE)) await new Promise((resolve) => response.once("drain", resolve));
	response.end();
}

const server = http.createServer((request, response) => {
	const { searchParams } = new URL(request.url ?? "/", "http://engine");
	const lines = Number(searchParams.get("lines") ?? 1);
	const rate = Number(searchParams.get("rate") ?? 0);
	request.resume();
	request.on("end", () => {
		response.writeHead(200, { "Content-Type": "application/x-ndjson" });
		if (rate > 0) streamAtRate(response, lines, rate);
		else void streamFreely(response, lines);
	});
});
server.keepAliveTimeout = 0;
server.listen(0, "127.0.0.1", () => process.send?.(server.address()));
process.on("disconnect", () => process.exit(0));
