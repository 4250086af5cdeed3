import { beforeEach, describe, expect, it, vi } from "vitest";
import { message } from "../../../shared/messages/message.ts";
import { declared } from "./testing/declared.ts";
import { call } from "./testing/raw-http.ts";
import { sampleState } from "./testing/sample-state.ts";
import { servedGateway } from "./testing/served-gateway.ts";

const under = servedGateway({ heartbeatMs: 40 });

beforeEach(() => {
	under.knobs.state = sampleState();
});

/** Reads an event stream until it holds what is waited for, then leaves it. */
async function streamUntil(wanted: string, headers: Record<string, string>, meanwhile: () => void) {
	const leaving = new AbortController();
	const answer = await fetch(`http://127.0.0.1:${under.port}/api/events`, {
		headers,
		signal: leaving.signal,
	});
	expect(answer.headers.get("content-type")).toContain("text/event-stream");
	const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
	let text = "";
	let told = false;
	while (!text.includes(wanted)) {
		const piece = await reader?.read();
		if (piece === undefined || piece.done) break;
		text += piece.value;
		if (!told) meanwhile();
		told = true;
	}
	leaving.abort();
	return text;
}

describe("history and events", () => {
	const event = {
		at: Date.parse("2026-02-03T04:05:06.000Z"),
		kind: "unloaded",
		severity: "info",
		message: message("event.expired", { model: "a:1b" }),
		data: { releasedGb: 1 },
	} as const;

	it("history takes times as ISO or milliseconds and answers in the API's words", async () => {
		under.knobs.state = sampleState([{ ...event, id: 1 }]);
		const answer = await call(
			under.port,
			"/api/memory/history?from=1767225600000&to=2026-01-02T00:00:00Z&points=2",
		);
		expect(declared(answer, "memory_history")).toMatchObject({
			from: "2026-01-01T00:00:00.000Z",
			to: "2026-01-02T00:00:00.000Z",
			points: [{ pressure_percent: 50, loaded_gb: 3.6, swap_used_gb: null }],
			events: [{ id: 1, text: "a:1b left by itself: its keep-alive was over." }],
		});
	});

	it.each(["from=tomorrow", "points=1", "points=1e9", "from=2&to=1"])("history refuses %s", async (query) => {
		expect((await call(under.port, `/api/memory/history?${query}`)).status).toBe(400);
	});

	it("events are told once, as they happen, with their id", async () => {
		under.knobs.state = sampleState([{ ...event, id: 6 }]);
		const text = await streamUntil("id: 8", {}, () => {
			under.knobs.happen({ ...event, id: 7 });
			under.knobs.happen({ ...event, id: 8 });
		});
		expect(text.match(/^id: \d+$/gm)).toEqual(["id: 7", "id: 8"]);
		const data = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? "null") as unknown;
		expect(data).toMatchObject({ id: 7, kind: "unloaded", data: { releasedGb: 1 } });
	});

	it("a client that comes back is told what it missed, in order", async () => {
		under.knobs.state = sampleState([
			{ ...event, id: 9 },
			{ ...event, id: 8 },
			{ ...event, id: 7 },
		]);
		const text = await streamUntil("id: 9", { "Last-Event-ID": "7" }, () => undefined);
		expect(text.match(/^id: \d+$/gm)).toEqual(["id: 8", "id: 9"]);
	});

	it("a quiet stream gives signs of life, and its end is noticed", async () => {
		expect(await streamUntil(": still here\n\n: still here", {}, () => undefined)).toContain(": still here");
		await vi.waitFor(() => expect(under.knobs.listeners()).toBe(0));
		await call(under.port, "/api/events", { method: "HEAD" });
		expect(under.knobs.listeners()).toBe(0);
	});
});
