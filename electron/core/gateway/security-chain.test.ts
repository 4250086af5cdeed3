import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { DEFAULT_SETTINGS } from "../../../shared/settings.ts";
import { routes } from "./routes.ts";
import { type EngineStub, startEngineStub } from "./testing/engine-stub.ts";
import {
	type GatewayUnderTest,
	startGateway,
	TEST_TOKEN,
	withGatewaySettings,
} from "./testing/gateway-under-test.ts";
import { type Answer, type Call, call, exchangeBytes } from "./testing/raw-http.ts";

let engine: EngineStub;
let under: GatewayUnderTest;
let sockets = 0;

beforeAll(async () => {
	engine = await startEngineStub();
	under = await startGateway(engine.url, {
		ownBodyBytes: 1000,
		loadBodyBytes: 5000,
		ownBodyMs: 200,
		headMs: 300,
	});
	under.gateway.mount({
		prefix: "/popover/",
		hasOwnSecret: true,
		request(_request, response, headers) {
			under.knobs.handlersRun += 1;
			response.writeHead(200, [...headers]);
			response.end("popover");
		},
		upgrade(_request, socket) {
			sockets += 1;
			socket.end("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
		},
	});
});

afterAll(async () => {
	await under.close();
	await engine.close();
});

beforeEach(() => {
	under.knobs.handlersRun = 0;
	under.knobs.recorded.length = 0;
	sockets = 0;
});

afterEach(() => {
	under.knobs.settings = DEFAULT_SETTINGS;
});

/** Every kind of path there is: each declared route, each passed-on route that loads, others, mounts, nothing. */
const everyPath: readonly (readonly [method: string, path: string])[] = [
	...routes.map(({ method, path }) => [method, path.replace("{id}", "a/b:c")] as const),
	["HEAD", "/"],
	["GET", "/nothing"],
	["GET", "/popover/"],
	["GET", "/api/tags"],
	["POST", "/api/chat"],
	["POST", "/api/generate"],
	["POST", "/v1/chat/completions"],
	["POST", "/v1/messages"],
	["POST", "/api/unknown"],
	["GET", "/v1/models"],
	["DELETE", "/api/delete"],
];

/** Sends the same to every path and checks that each refuses it before anything behind the chain has run. */
async function everyPathRefuses(what: Omit<Call, "method">, status: number): Promise<void> {
	for (const [method, path] of everyPath) {
		const before = engine.received.length;
		const answer = await call(under.port, path, { ...what, method });
		expect(answer.status, `${method} ${path}`).toBe(status);
		expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
		expect(engine.received.length, `${method} ${path} reached the engine`).toBe(before);
	}
	expect(under.knobs.handlersRun).toBe(0);
	expect(under.knobs.admitted).toEqual([]);
}

describe("the chain stands before every route", () => {
	it("lets a plain local request through to each of them, so that a refusal below means something", async () => {
		expect(everyPath.length).toBeGreaterThanOrEqual(19);
		for (const [method, path] of everyPath) {
			if (path === "/api/events") continue;
			const { status } = await call(under.port, path, { method });
			// A route that asks for a body says so, which is an answer of its own too.
			expect(path === "/api/route" ? [400] : [200, 404], `${method} ${path}`).toContain(status);
		}
		expect(under.knobs.handlersRun).toBeGreaterThan(15);
		under.knobs.admitted.length = 0;
	});

	it.each([
		["another name", () => "evil.test"],
		["another name with our port", () => `evil.test:${under.port}`],
		["our name without the port", () => "127.0.0.1"],
		["our name with another port", () => `localhost:${under.port + 1}`],
		["a name that ends like ours", () => `evil.localhost:${under.port}`],
		["a name with a dot at its end", () => `localhost.:${under.port}`],
		["every address", () => `0.0.0.0:${under.port}`],
	])("refuses a Host of %s", async (_what, host) => {
		await everyPathRefuses({ headers: { Host: host() } }, 403);
	});

	it.each([
		["another site", "https://evil.example"],
		["null", "null"],
		["another port here", "http://127.0.0.1:1"],
		["our name without the port", "http://localhost"],
		["several", "http://a.example http://b.example"],
		["nothing", ""],
	])("refuses an Origin of %s", async (_what, origin) => {
		await everyPathRefuses({ headers: { Origin: origin } }, 403);
	});

	it("refuses our own Origin over TLS, which we do not speak", async () => {
		await everyPathRefuses({ headers: { Origin: `https://127.0.0.1:${under.port}` } }, 403);
	});

	it.each(["cross-site", "same-site"])("refuses a browser's %s request", async (site) => {
		await everyPathRefuses({ headers: { "Sec-Fetch-Site": site } }, 403);
	});

	it("refuses everything without the token where one is required, but for what asks for its own", async () => {
		under.knobs.settings = withGatewaySettings({ requireToken: true });
		for (const [method, path] of everyPath) {
			if (path === "/popover/") continue;
			const answer = await call(under.port, path, { method, headers: { Authorization: "Bearer wrong" } });
			expect(answer.status, `${method} ${path}`).toBe(401);
			expect(answer.headers["www-authenticate"]).toContain("Bearer");
		}
		expect(under.knobs.handlersRun).toBe(0);
		expect((await call(under.port, "/popover/")).status).toBe(200);
	});

	it("refuses a request that has come from this very gateway, so that no loop can arise", async () => {
		await everyPathRefuses({ headers: { "Plimsoll-Instance": "instance-of-the-test" } }, 508);
	});
});

describe("Host", () => {
	it.each(["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "host.docker.internal"])(
		"takes %s",
		async (name) => {
			const answer = await call(under.port, "/health", { headers: { Host: `${name}:${under.port}` } });
			expect(answer.status).toBe(200);
		},
	);

	it("must be there, once, and the target must be a path", async () => {
		const line = "GET /health HTTP/1.1\r\nConnection: close\r\n";
		const own = `Host: 127.0.0.1:${under.port}\r\n`;
		expect(await exchangeBytes(under.port, `${line}\r\n`)).toMatch(/^HTTP\/1\.1 403 /);
		expect(await exchangeBytes(under.port, `${line}${own}Host: evil.test\r\n\r\n`)).toMatch(
			/^HTTP\/1\.1 403 /,
		);
		expect(await exchangeBytes(under.port, `${line}Host: \r\n\r\n`)).toMatch(/^HTTP\/1\.1 403 /);
		expect(await exchangeBytes(under.port, "GET /health HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.1 403 /);
		const absolute = `GET http://evil.test/health HTTP/1.1\r\nConnection: close\r\n${own}\r\n`;
		expect(await exchangeBytes(under.port, absolute)).toMatch(/^HTTP\/1\.1 403 /);
		expect(under.knobs.handlersRun).toBe(0);
		expect(await exchangeBytes(under.port, `${line}${own}\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
	});
});

describe("pages", () => {
	const page = "https://chat.example";

	it("our own page gets through, and so does a click on a link of ours", async () => {
		for (const headers of [
			{ Origin: `http://127.0.0.1:${under.port}`, "Sec-Fetch-Site": "same-origin" },
			{ "Sec-Fetch-Site": "none" },
		])
			expect((await call(under.port, "/health", { headers })).status).toBe(200);
	});

	it("a preflight of a page that is not allowed grants nothing and runs nothing", async () => {
		for (const path of ["/api/memory/flush", "/api/chat", "/popover/"]) {
			const answer = await call(under.port, path, {
				method: "OPTIONS",
				headers: {
					Origin: page,
					"Access-Control-Request-Method": "POST",
					"Access-Control-Request-Headers": "content-type",
				},
			});
			expect(answer.status).toBe(403);
			expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
		}
		expect(under.knobs.handlersRun).toBe(0);
	});

	it("an allowed page may ask and read, also errors, and no other page may", async () => {
		under.knobs.settings = withGatewaySettings({ allowedOrigins: [`${page}/`] });
		const headers = { Origin: page, "Sec-Fetch-Site": "cross-site" };
		const preflight = await call(under.port, "/api/memory/flush", {
			method: "OPTIONS",
			headers: {
				...headers,
				"Access-Control-Request-Method": "POST",
				"Access-Control-Request-Headers": "content-type, x-thing",
				"Access-Control-Request-Private-Network": "true",
			},
		});
		expect(preflight.status).toBe(204);
		expect(preflight.headers).toMatchObject({
			"access-control-allow-origin": page,
			"access-control-allow-headers": "content-type, x-thing",
			"access-control-allow-private-network": "true",
			vary: "Origin",
		});
		expect(preflight.headers["access-control-allow-credentials"]).toBeUndefined();
		expect(under.knobs.handlersRun).toBe(0);
		for (const path of ["/health", "/nothing", "/api/tags"])
			expect((await call(under.port, path, { headers })).headers["access-control-allow-origin"], path).toBe(
				page,
			);
		const other = await call(under.port, "/health", {
			headers: { ...headers, Origin: "https://chat.example.evil.example" },
		});
		expect(other.status).toBe(403);
	});

	it("a preflight passes without the token, since a browser cannot send it, and the request itself does not", async () => {
		under.knobs.settings = withGatewaySettings({ allowedOrigins: [page], requireToken: true });
		const headers = { Origin: page };
		const preflight = await call(under.port, "/health", {
			method: "OPTIONS",
			headers: { ...headers, "Access-Control-Request-Method": "GET" },
		});
		expect(preflight.status).toBe(204);
		expect((await call(under.port, "/health", { headers })).status).toBe(401);
	});

	it("a page that was turned away becomes an event, once a minute", async () => {
		for (const origin of [page, page, "https://other.example"])
			await call(under.port, "/health", { headers: { Origin: origin } });
		const told = under.knobs.recorded.filter((event) => event.data?.origin === "https://other.example");
		expect(told).toMatchObject([
			{ kind: "gateway", severity: "warning", message: { id: "event.origin-refused" } },
		]);
		expect(under.knobs.recorded.filter((event) => event.data?.origin === page).length).toBeLessThanOrEqual(1);
	});
});

describe("bodies on own routes", () => {
	const flush = "/api/memory/flush";

	it.each([
		"text/plain",
		"application/x-www-form-urlencoded",
		"multipart/form-data; boundary=x",
		"application/jsonx",
		"",
	])("must be JSON, not “%s”", async (type) => {
		const answer = await call(under.port, flush, {
			method: "POST",
			headers: { "Content-Type": type },
			body: "{}",
		});
		expect(answer.status).toBe(415);
		expect(under.knobs.handlersRun).toBe(0);
	});

	it("may be absent, and JSON in any spelling of its type", async () => {
		expect((await call(under.port, flush, { method: "POST" })).status).toBe(200);
		const headers = { "Content-Type": "Application/JSON; charset=utf-8" };
		expect((await call(under.port, flush, { method: "POST", headers, body: "{}" })).status).toBe(200);
	});

	it.each([
		["announced", {}],
		["in pieces", { "Transfer-Encoding": "chunked" }],
	])("are refused when too long, %s", async (_how, headers) => {
		const answer = await call(under.port, flush, {
			method: "POST",
			headers: { "Content-Type": "application/json", ...headers },
			body: JSON.stringify({ filler: "x".repeat(2000) }),
		});
		expect(answer.status).toBe(413);
		expect(answer.json()).toMatchObject({ code: "body-too-large" });
		expect(under.knobs.handlersRun).toBe(0);
	});

	it("that announce too much are refused wherever they go, also where there is no route", async () => {
		const headers = { "Content-Type": "application/json" };
		const answer = await call(under.port, "/nothing", {
			method: "POST",
			headers,
			body: `"${"x".repeat(2000)}"`,
		});
		expect(answer.status).toBe(413);
	});

	it("are not even asked for when the client waits for leave and the chain refuses", async () => {
		const head = `POST ${flush} HTTP/1.1\r\nHost: 127.0.0.1:${under.port}\r\nConnection: close\r\n`;
		const body = "Expect: 100-continue\r\nContent-Length: 2\r\n";
		const text = await exchangeBytes(under.port, `${head}${body}Content-Type: text/plain\r\n\r\n`);
		expect(text).toMatch(/^HTTP\/1\.1 415 /);
		const taken = await exchangeBytes(under.port, `${head}${body}Content-Type: application/json\r\n\r\n{}`);
		expect(taken).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
	});

	it("that come too slowly end with 408, and so do heads", async () => {
		const head = `POST ${flush} HTTP/1.1\r\nHost: 127.0.0.1:${under.port}\r\n`;
		const slowBody = `${head}Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{`;
		expect(await exchangeBytes(under.port, slowBody)).toMatch(/^HTTP\/1\.1 408 /);
		expect(await exchangeBytes(under.port, head)).toMatch(/^HTTP\/1\.1 408 /);
		expect(under.knobs.handlersRun).toBe(0);
	});

	it("on passed-on routes may be slow and of any type, but not endless", async () => {
		const head = `POST /api/embed HTTP/1.1\r\nHost: 127.0.0.1:${under.port}\r\nContent-Length: 13\r\nConnection: close\r\n\r\n`;
		const answer = await new Promise<string>((resolve, reject) => {
			const socket = connect({ host: "127.0.0.1", port: under.port }, () => socket.write(`${head}{"model"`));
			let text = "";
			setTimeout(() => socket.write(':"a"}'), 600);
			socket.on("data", (piece) => {
				text += piece.toString();
			});
			socket.on("error", reject);
			socket.on("close", () => resolve(text));
		});
		expect(answer).toMatch(/^HTTP\/1\.1 200 /);
		const tooLong = await call(under.port, "/v1/messages", { method: "POST", body: "x".repeat(6000) });
		expect(tooLong.status).toBe(413);
		expect(tooLong.json()).toMatchObject({ type: "error", error: { type: "request_too_large" } });
	});
});

const answerTo = (headers: Record<string, string>): Promise<Answer> =>
	call(under.port, "/api/tags", { headers });

describe("the token", () => {
	beforeEach(() => {
		under.knobs.settings = withGatewaySettings({ requireToken: true });
	});

	it.each([
		["as Bearer", { Authorization: `Bearer ${TEST_TOKEN}` }],
		["in any case", { authorization: `bearer ${TEST_TOKEN}` }],
		["as Anthropic's clients send it", { "x-api-key": TEST_TOKEN }],
	])("is taken %s, and does not reach the engine", async (_how, headers) => {
		expect((await answerTo(headers)).status).toBe(200);
		expect(engine.received.at(-1)?.rawHeaders.join("\n")).not.toContain(TEST_TOKEN);
	});

	it.each([
		["absent", {}],
		["empty", { Authorization: "Bearer " }],
		["cut short", { Authorization: `Bearer ${TEST_TOKEN.slice(0, -1)}` }],
		["too long", { Authorization: `Bearer ${TEST_TOKEN}x` }],
		["in another scheme", { Authorization: `Basic ${TEST_TOKEN}` }],
	])("is refused when %s, in the words of the client's API", async (_how, headers) => {
		const answer = await answerTo(headers);
		expect(answer.status).toBe(401);
		expect(answer.json().error).toContain("asks for its token");
	});

	it("is not asked for by default, and then a client's own key goes on to the engine", async () => {
		under.knobs.settings = DEFAULT_SETTINGS;
		expect((await answerTo({ Authorization: "Bearer sk-own" })).status).toBe(200);
		expect(engine.received.at(-1)?.rawHeaders).toContain("Bearer sk-own");
	});
});

const upgrade = (path: string, lines: string, host = `127.0.0.1:${under.port}`): Promise<string> =>
	exchangeBytes(
		under.port,
		`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${lines}\r\n`,
	);

describe("WebSockets", () => {
	it("open from our own page and from programs", async () => {
		expect(await upgrade("/popover/socket", `Origin: http://127.0.0.1:${under.port}\r\n`)).toContain("101");
		expect(await upgrade("/popover/socket", "")).toContain("101");
		expect(sockets).toBe(2);
	});

	it("are refused from other pages, under other names and anywhere else", async () => {
		expect(await upgrade("/popover/socket", "Origin: https://evil.example\r\n")).toMatch(/^HTTP\/1\.1 403 /);
		expect(await upgrade("/popover/socket", "Origin: null\r\n")).toMatch(/^HTTP\/1\.1 403 /);
		expect(await upgrade("/popover/socket", "Sec-Fetch-Site: cross-site\r\n")).toMatch(/^HTTP\/1\.1 403 /);
		expect(await upgrade("/popover/socket", "", "evil.test")).toMatch(/^HTTP\/1\.1 403 /);
		expect(await upgrade("/api/events", "")).toMatch(/^HTTP\/1\.1 404 /);
		expect(sockets).toBe(0);
		expect(under.knobs.handlersRun).toBe(0);
	});

	it("a client that offers HTTP/2 is answered as if it had not, its body included", async () => {
		const offer =
			"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB\r\n";
		const body = '{"model":"a"}';
		const head = `POST /api/embed HTTP/1.1\r\nHost: 127.0.0.1:${under.port}\r\n${offer}`;
		const socket = connect({ host: "127.0.0.1", port: under.port });
		let text = "";
		socket.on("data", (piece) => {
			text += piece.toString();
		});
		socket.write(`${head}Content-Length: ${body.length}\r\n\r\n${body}`);
		await vi.waitFor(() => expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/));
		expect((await engine.received.at(-1)?.body)?.toString()).toBe(body);
		expect(engine.received.at(-1)?.rawHeaders.map((name) => name.toLowerCase())).not.toContain("upgrade");
		socket.destroy();
		const foreign = `GET /health HTTP/1.1\r\nHost: evil.test\r\n${offer.replace("Upgrade,", "Upgrade, close,")}\r\n`;
		const refused = connect({ host: "127.0.0.1", port: under.port }, () => refused.write(foreign));
		const first = await new Promise<string>((resolve) =>
			refused.once("data", (piece) => resolve(piece.toString())),
		);
		refused.destroy();
		expect(first).toMatch(/^HTTP\/1\.1 403 /);
	});
});

describe("the server", () => {
	it("survives bytes that are no HTTP", async () => {
		for (const bytes of [
			"\u0000\u0001\u0002\r\n\r\n",
			"GET\r\n\r\n",
			"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
		])
			expect(await exchangeBytes(under.port, bytes)).toMatch(/^HTTP\/1\.1 400 /);
		expect((await call(under.port, "/health")).status).toBe(200);
	});

	it("listens on no address but loopback", async () => {
		const outside = Object.values(networkInterfaces())
			.flat()
			.filter((address) => address !== undefined && !address.internal && address.family === "IPv4");
		for (const address of outside) {
			const code = await new Promise<string>((resolve) => {
				const socket = connect({ host: address?.address ?? "", port: under.port });
				socket.on("connect", () => resolve("connected"));
				socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
			});
			expect(code).toBe("ECONNREFUSED");
		}
		expect(under.gateway.server.address()).toMatchObject({ address: "127.0.0.1" });
	});

	it("listens on ::1 too where the machine has it, since localhost may mean that", async () => {
		const has = Object.values(networkInterfaces()).some((all) =>
			all?.some(({ address }) => address === "::1"),
		);
		const code = await new Promise<string>((resolve) => {
			const socket = connect({ host: "::1", port: under.port }, () => socket.destroy());
			socket.on("close", () => resolve("connected"));
			socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
		});
		expect(code === "connected").toBe(has);
	});

	it("takes the next free port where the wanted one is taken, and says so", async () => {
		const wanted = under.port;
		const second = await startGateway(engine.url);
		await second.gateway.close();
		const listening = await second.gateway.listen(wanted);
		expect(listening.wantedPort).toBe(wanted);
		expect(listening.port).toBeGreaterThan(wanted);
		expect((await call(listening.port, "/health")).status).toBe(200);
		await second.close();
	});
});
