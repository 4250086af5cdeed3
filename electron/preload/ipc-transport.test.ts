import { EventEmitter } from "node:events";
import { beforeEach, expect, it, vi } from "vitest";
import { FOLLOW_CHANNEL } from "../../shared/ipc-names.ts";
import { createIpcTransport, type PageIpc } from "./ipc-transport.ts";

const events = new EventEmitter();
const invoke = vi.fn<PageIpc["invoke"]>();
const send = vi.fn<PageIpc["send"]>();
const ipc = { invoke, send, on: events.on.bind(events) as unknown as PageIpc["on"] } satisfies PageIpc;

beforeEach(() => {
	events.removeAllListeners();
	invoke.mockReset();
	send.mockReset();
});

it("sends plain JSON and gives back what was answered", async () => {
	invoke.mockResolvedValue({ ok: true, value: 7 });
	expect(await createIpcTransport(ipc).invoke("a", { b: 1, c: undefined })).toBe(7);
	expect(invoke).toHaveBeenCalledWith("a", { b: 1 });
});

it("rejects with a plain object, which crosses Electron's bridge whole", async () => {
	const error = { code: "cancelled", params: { a: 1 } };
	invoke.mockResolvedValue({ ok: false, error });
	const thrown: unknown = await createIpcTransport(ipc)
		.invoke("a", null)
		.catch((what: unknown) => what);
	expect(thrown).toEqual(error);
	expect(thrown).not.toBeInstanceOf(Error);
});

it("refuses what JSON cannot carry without sending it", async () => {
	const thrown: unknown = await createIpcTransport(ipc)
		.invoke("a", { at: new Date(0) })
		.catch((what: unknown) => what);
	expect(thrown).toMatchObject({ code: "invalid-argument" });
	expect(invoke).not.toHaveBeenCalled();
});

it("tells main of the first follower and of the last one's leaving, and of nobody between", () => {
	const transport = createIpcTransport(ipc);
	const [one, two] = [vi.fn(), vi.fn()];
	const stopOne = transport.subscribe("a", one);
	const stopTwo = transport.subscribe("a", two);
	events.emit("a", {}, 1);
	expect([one.mock.calls, two.mock.calls]).toEqual([[[1]], [[1]]]);
	stopOne();
	stopOne();
	events.emit("a", {}, 2);
	expect([one.mock.calls.length, two.mock.calls.length]).toEqual([1, 2]);
	stopTwo();
	expect(send.mock.calls).toEqual([
		[FOLLOW_CHANNEL, "a", true],
		[FOLLOW_CHANNEL, "a", false],
	]);
	transport.subscribe("a", one);
	events.emit("a", {}, 3);
	expect(one).toHaveBeenCalledTimes(2);
});
