import * as fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Registrar } from "../../electron/core/ipc/registrar.ts";
import { AppError, ERROR_TABLE, type ErrorCode } from "../../shared/errors.ts";
import { callNames, channelOf, type RendererApi, type Transport } from "../../shared/ipc.ts";
import { applyPatch } from "../../shared/patch.ts";
import { createRendererApi } from "../../shared/renderer-api.ts";
import { followState, type StateFollower } from "../../shared/state-follower.ts";
import { createStubCore, validArguments } from "./contract-stub.ts";
import { anyJson, deferred, errorOf, patchBetween, stateOf } from "./contract-values.ts";

/** One popover's connection to the core under test. */
export interface Link {
	readonly transport: Transport;
	close(): Promise<void>;
}

/** A transport under test, around a registrar. */
export interface TransportUnderTest {
	connect(): Promise<Link>;
	/** Cuts every connection as a dead network would; null where a transport cannot lose its connection. */
	readonly cut: (() => Promise<void>) | null;
	close(): Promise<void>;
}

/** Starts a transport around a registrar. */
export type OpenTransport = (registrar: Registrar) => Promise<TransportUnderTest>;

/** The contract's promises. Every transport that carries it keeps them. */
export function describeContract(title: string, openTransport: OpenTransport): void {
	describe(`the contract over ${title}`, () => {
		const core = createStubCore();
		let underTest: TransportUnderTest;
		let link: Link;
		let api: RendererApi;
		const followers: StateFollower[] = [];

		/** Waits until core has so many followers of patches. */
		async function followed(count: number): Promise<void> {
			await vi.waitFor(() => expect(core.followers("patch")).toBe(count));
		}

		function follow(from: RendererApi): StateFollower {
			const follower = followState(from);
			followers.push(follower);
			return follower;
		}

		beforeAll(async () => {
			underTest = await openTransport(core.registrar);
		});
		afterAll(async () => underTest.close());
		beforeEach(async () => {
			core.reset();
			link = await underTest.connect();
			api = createRendererApi(link.transport);
		});
		afterEach(async () => {
			for (const follower of followers.splice(0)) follower.close();
			// A popover that still watches is called back after its end, which the next test would see.
			if (core.received.some(({ name }) => name === "watch")) await api.watch({ open: false });
			await link.close();
			await vi.waitFor(() => expect(core.followers("patch") + core.followers("goTo")).toBe(0));
		});

		describe("calls", () => {
			it.each(callNames)("carries %s there and back", async (name) => {
				const call = api[name] as (argument: unknown) => Promise<unknown>;
				const argument = validArguments[name];
				expect(await call(argument)).toEqual({ name, argument });
				expect(core.received).toEqual([{ name, argument }]);
			});

			it("fills in what the schema presets", async () => {
				await api.load({ model: "  gemma3:4b  " });
				expect(core.received[0]?.argument).toEqual({ model: "gemma3:4b", force: false });
			});

			it("takes a call without an argument for null", async () => {
				await (api.flush as unknown as () => Promise<unknown>)();
				expect(core.received).toEqual([{ name: "flush", argument: null }]);
			});

			it("keeps many calls at once apart", async () => {
				core.answer("contextChoices", async (argument) => {
					const { model } = argument as { readonly model: string };
					// Later calls are answered first.
					for (let turn = Number(model); turn < 20; turn += 1) await Promise.resolve();
					return [model];
				});
				const asked = Array.from({ length: 20 }, (_, index) => String(index));
				const answers = await Promise.all(asked.map((model) => api.contextChoices({ model })));
				expect(answers).toEqual(asked.map((model) => [model]));
			});

			it("answers a slow call after a quick one that was made later", async () => {
				const kept = deferred();
				core.answer("keep", () => kept.promise);
				const order: string[] = [];
				const slow = api.keep({ model: "a" }).then(() => order.push("slow"));
				await api.pin({ model: "a", pinned: true }).then(() => order.push("quick"));
				kept.resolve(null);
				await slow;
				expect(order).toEqual(["quick", "slow"]);
			});

			it("carries one megabyte both ways unchanged", async () => {
				const text = 'ü🚢\n"\\'.repeat(1024 ** 2 / 8);
				const answer = (await api.ask({ text })) as unknown as {
					readonly argument: { readonly text: string };
				};
				expect(answer.argument.text).toBe(text);
			});

			it("refuses an argument that is too large without sending it", async () => {
				const error = await errorOf(api.ask({ text: "x".repeat(17 * 1024 ** 2) }));
				expect(error.code).toBe("body-too-large");
				expect(core.received).toEqual([]);
			});

			it("gives a copy: neither side can change what the other holds", async () => {
				const held = { nested: { value: 1 } };
				core.answer("flush", () => held);
				const answer = (await api.flush(null)) as unknown as { nested: { value: number } };
				answer.nested.value = 2;
				expect(held.nested.value).toBe(1);
			});

			it("cancels a running call by the command made for it", async () => {
				const loading = deferred();
				core.answer("load", () => loading.promise);
				core.answer("cancel", () => {
					loading.reject(AppError.of("cancelled", {}));
					return null;
				});
				const load = errorOf(api.load({ model: "a" }));
				await vi.waitFor(() => expect(core.received).toHaveLength(1));
				expect(await api.cancel({ operationId: "op-1" })).toBeNull();
				expect((await load).code).toBe("cancelled");
			});
		});

		describe("errors", () => {
			it("cross with code and parameters", async () => {
				const params = { model: "a", neededBytes: 2 ** 40, availableBytes: 0.5 };
				core.answer("load", () => {
					throw AppError.of("memory-too-low", params);
				});
				const error = await errorOf(api.load({ model: "a" }));
				expect([error.code, error.params]).toEqual(["memory-too-low", params]);
			});

			it("cross for every code of the table", async () => {
				for (const code of Object.keys(ERROR_TABLE) as ErrorCode[]) {
					core.answer("keep", () => {
						throw AppError.from({ code, params: { a: 1 } });
					});
					expect((await errorOf(api.keep({ model: "a" }))).serialize()).toEqual({ code, params: { a: 1 } });
				}
			});

			it("become internal where nobody foresaw them", async () => {
				core.answer("keep", () => {
					throw new RangeError("off by one");
				});
				const error = await errorOf(api.keep({ model: "a" }));
				expect([error.code, error.params.problem]).toEqual(["internal", "off by one"]);
			});

			it("leave the connection as it was", async () => {
				core.answer("keep", () => {
					throw new Error("broken");
				});
				await errorOf(api.keep({ model: "a" }));
				expect(await api.flush(null)).toEqual({ name: "flush", argument: null });
			});

			it("carry no stack and no cause", async () => {
				core.answer("keep", () => {
					throw AppError.of("cancelled", {}, new Error("the cause"));
				});
				const error = await errorOf(api.keep({ model: "a" }));
				expect(error.cause).toBeUndefined();
				expect(JSON.stringify(error.serialize())).not.toContain("cause");
			});
		});

		describe("arguments", () => {
			it.each(callNames)("of %s may be any JSON: taken, or invalid-argument", async (name) => {
				const call = api[name] as (argument: unknown) => Promise<unknown>;
				await fc.assert(
					fc.asyncProperty(anyJson, async (argument) => {
						core.reset();
						const outcome = await call(argument).then(
							() => "taken",
							(thrown: unknown) => (thrown instanceof AppError ? thrown.code : thrown),
						);
						expect(["taken", "invalid-argument"]).toContain(outcome);
						if (outcome === "invalid-argument") expect(core.received).toEqual([]);
					}),
					{ numRuns: 40 },
				);
			});

			it("name the key that does not fit", async () => {
				const error = await errorOf(api.pin({ model: "a", pinned: "yes" as unknown as boolean }));
				expect(error.params.what).toBe("pin.pinned");
			});

			it("may hold no unknown key", async () => {
				const argument = { model: "a", shell: "rm" } as { readonly model: string };
				expect((await errorOf(api.unload(argument))).code).toBe("invalid-argument");
				expect(core.received).toEqual([]);
			});

			it.each([
				["a date", new Date(0)],
				["a map", new Map([["a", 1]])],
				["a set", new Set([1])],
				["a big integer", 1n],
				["not a number", Number.NaN],
				["a function", () => 1],
			])("may hold nothing that JSON cannot carry: %s", async (_, value) => {
				const argument = { model: value } as unknown as { readonly model: string };
				expect((await errorOf(api.unload(argument))).code).toBe("invalid-argument");
				expect(core.received).toEqual([]);
			});

			it("lose keys without a value", async () => {
				await api.load({ model: "a", contextLength: undefined } as unknown as { readonly model: string });
				expect(core.received[0]?.argument).toEqual({ model: "a", force: false });
				expect(Object.keys(core.received[0]?.argument ?? {})).not.toContain("contextLength");
			});
		});

		describe("results", () => {
			it.each([
				["a date", { at: new Date(0) }],
				["a map", { rows: new Map() }],
				["a class instance", { error: new Error("x") }],
				["infinity", { bytes: Number.POSITIVE_INFINITY }],
			])("never hold what JSON cannot carry: %s", async (_, value) => {
				core.answer("flush", () => value);
				expect((await errorOf(api.flush(null))).code).toBe("internal");
			});

			it("lose keys without a value, and nothing becomes null", async () => {
				core.answer("flush", () => ({ a: 1, b: undefined }));
				expect(Object.keys(await api.flush(null))).toEqual(["a"]);
				core.answer("flush", () => undefined);
				expect(await api.flush(null)).toBeNull();
			});
		});

		describe("channels", () => {
			it("that do not exist are not found", async () => {
				for (const channel of ["plimsoll:nothing", "plimsoll:__proto__", "toString", "", channelOf("patch")])
					expect((await errorOf(link.transport.invoke(channel, null))).code).toBe("not-found");
			});

			it("that tell nothing cannot be followed", async () => {
				for (const channel of ["plimsoll:nothing", channelOf("flush")])
					expect(() => link.transport.subscribe(channel, () => undefined)).toThrow(AppError);
			});
		});

		describe("the API object", () => {
			it("is frozen", () => {
				expect(Object.isFrozen(api)).toBe(true);
				expect(() => Object.assign(api, { flush: null })).toThrow(TypeError);
			});

			it("holds the contract's calls and nothing else", () => {
				expect(Object.keys(api).sort()).toEqual([...callNames, "on"].sort());
			});
		});

		describe("events", () => {
			it("arrive in the order they were told", async () => {
				const seen: number[] = [];
				const stop = api.on("patch", ({ to }) => seen.push(to));
				await followed(1);
				for (let to = 1; to <= 500; to += 1) core.tell("patch", { from: to - 1, to, steps: [] });
				await vi.waitFor(() => expect(seen).toHaveLength(500));
				expect(seen).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
				stop();
			});

			it("told before a call's answer arrive before it", async () => {
				const order: string[] = [];
				const stop = api.on("patch", () => order.push("event"));
				await followed(1);
				core.answer("flush", () => {
					core.tell("patch", { from: 0, to: 1, steps: [] });
					return null;
				});
				await api.flush(null).then(() => order.push("answer"));
				expect(order).toEqual(["event", "answer"]);
				stop();
			});

			it("reach every follower, and none that has stopped", async () => {
				const first = vi.fn();
				const second = vi.fn();
				const stopFirst = api.on("patch", first);
				const stopSecond = api.on("patch", second);
				await vi.waitFor(() => expect(core.followers("patch")).toBeGreaterThan(0));
				// An answered call shows that what was said before it has arrived.
				await api.flush(null);
				stopFirst();
				core.tell("patch", { from: 0, to: 1, steps: [] });
				await vi.waitFor(() => expect(second).toHaveBeenCalledTimes(1));
				expect(first).not.toHaveBeenCalled();
				stopSecond();
			});

			it("leave nothing behind in core after the last follower", async () => {
				const stop = api.on("patch", () => undefined);
				await followed(1);
				stop();
				stop();
				await followed(0);
			});

			it("of two kinds do not mix", async () => {
				const places: string[] = [];
				const patches = vi.fn();
				const stops = [api.on("goTo", ({ place }) => places.push(place)), api.on("patch", patches)];
				await vi.waitFor(() => expect(core.followers("goTo")).toBe(1));
				core.tell("goTo", { place: "settings" });
				await vi.waitFor(() => expect(places).toEqual(["settings"]));
				expect(patches).not.toHaveBeenCalled();
				for (const stop of stops) stop();
			});

			it("reach two popovers alike", async () => {
				const other = await underTest.connect();
				const seen: string[] = [];
				api.on("patch", () => seen.push("one"));
				createRendererApi(other.transport).on("patch", () => seen.push("two"));
				await followed(2);
				core.tell("patch", { from: 0, to: 1, steps: [] });
				await vi.waitFor(() => expect([...seen].sort()).toEqual(["one", "two"]));
				await other.close();
			});

			it("end with the popover that followed them", async () => {
				const other = await underTest.connect();
				createRendererApi(other.transport).on("patch", () => undefined);
				await followed(1);
				await other.close();
				await followed(0);
			});
		});

		describe("watching", () => {
			it("is told once, and taken back when the popover vanishes", async () => {
				const other = await underTest.connect();
				const watched = createRendererApi(other.transport);
				await watched.watch({ open: true });
				await watched.watch({ open: true });
				expect(core.received).toEqual([{ name: "watch", argument: { open: true } }]);
				await other.close();
				await vi.waitFor(() =>
					expect(core.received.at(-1)).toEqual({ name: "watch", argument: { open: false } }),
				);
			});
		});

		describe("a follower of the state", () => {
			it("has the snapshot, then every patch", async () => {
				const before = stateOf(7, { rows: [{ id: "a", n: 1 }] });
				const after = stateOf(8, { rows: [{ id: "a", n: 2 }] });
				core.answer("snapshot", () => before);
				const follower = follow(api);
				await vi.waitFor(() => expect(follower.get()).toEqual(before));
				core.tell("patch", patchBetween(before, after));
				await vi.waitFor(() => expect(follower.get()).toEqual(after));
				expect(core.received.filter(({ name }) => name === "snapshot")).toHaveLength(1);
			});

			it("misses nothing that is told while the snapshot is on its way", async () => {
				const before = stateOf(7, { n: 1 });
				const after = stateOf(8, { n: 2 });
				core.answer("snapshot", () => {
					core.tell("patch", patchBetween(stateOf(6), before));
					core.tell("patch", patchBetween(before, after));
					return before;
				});
				const follower = follow(api);
				await vi.waitFor(() => expect(follower.get()).toEqual(after));
			});

			it("asks for a new snapshot when it sees a gap", async () => {
				let current = stateOf(1, { n: 1 });
				core.answer("snapshot", () => current);
				const follower = follow(api);
				await vi.waitFor(() => expect(follower.get()).toEqual(current));
				const missed = stateOf(2, { n: 2 });
				current = stateOf(3, { n: 3 });
				core.tell("patch", patchBetween(missed, current));
				await vi.waitFor(() => expect(follower.get()).toEqual(current));
				expect(core.received.filter(({ name }) => name === "snapshot")).toHaveLength(2);
			});

			it("ends where core ends, whatever random changes come", async () => {
				await fc.assert(
					fc.asyncProperty(fc.array(fc.jsonValue(), { minLength: 1, maxLength: 6 }), async (values) => {
						let current = stateOf(0, { value: null });
						core.answer("snapshot", () => current);
						const follower = follow(api);
						await vi.waitFor(() => expect(follower.get()).not.toBeNull());
						for (const value of values) {
							const next = stateOf(current.version + 1, {
								value: JSON.parse(JSON.stringify(value)) as unknown,
							});
							const patch = patchBetween(current, next);
							expect(applyPatch(current, patch.steps)).toEqual(next);
							current = next;
							core.tell("patch", patch);
						}
						await vi.waitFor(() => expect(follower.get()).toEqual(current));
						follower.close();
					}),
					{ numRuns: 15 },
				);
			});
		});

		describe("a lost connection", () => {
			it("comes back by itself with a fresh snapshot, also of a lower version", async () => {
				if (underTest.cut === null) return;
				let current = stateOf(50, { run: "first" });
				core.answer("snapshot", () => current);
				const follower = follow(api);
				await vi.waitFor(() => expect(follower.get()).toEqual(current));
				current = stateOf(2, { run: "second" });
				await underTest.cut();
				await vi.waitFor(() => expect(follower.get()).toEqual(current), { timeout: 10_000 });
				const next = stateOf(3, { run: "second", n: 1 });
				core.tell("patch", patchBetween(current, next));
				await vi.waitFor(() => expect(follower.get()).toEqual(next));
			});

			it("ends the calls that were under way, and takes new ones", async () => {
				if (underTest.cut === null) return;
				core.answer("keep", () => new Promise(() => undefined));
				const lost = errorOf(api.keep({ model: "a" }));
				await vi.waitFor(() => expect(core.received).toHaveLength(1));
				await underTest.cut();
				expect((await lost).code).toBe("stream-broken");
				expect(await api.flush(null)).toEqual({ name: "flush", argument: null });
			});
		});
	});
}
