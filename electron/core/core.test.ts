import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { applyPatch } from "../../shared/patch.ts";
import type { AppState } from "../../shared/state.ts";
import { type DemoEngine, startDemoEngine } from "../demo-engine/start.ts";
import { type OpenedPlimsoll, openPlimsoll } from "./open-plimsoll.ts";
import { readApiFile } from "./store/api-file.ts";
import { pathsIn, unseenHost } from "./testing/unseen-host.ts";

let dataDir: string;
let demo: DemoEngine;
let plimsoll: OpenedPlimsoll;

const paths = () => pathsIn(dataDir);

async function open(engine: string | null = demo.url): Promise<OpenedPlimsoll> {
	const opened = await openPlimsoll(unseenHost({ dataDir, engine, port: null }));
	await opened.start();
	await expect.poll(() => opened.core.state.get().engine.connection.state).toBe("connected");
	await expect.poll(() => opened.core.state.get().installed.length).toBeGreaterThan(10);
	return opened;
}

const state = (): AppState => plimsoll.core.state.get();
const names = (): readonly string[] => state().loaded.map((model) => model.name);

beforeEach(async () => {
	dataDir = await mkdtemp(join(tmpdir(), "plimsoll-core-"));
	await writeFile(paths().settingsFile, JSON.stringify({ gateway: { port: 0 } }));
	demo = await startDemoEngine({ port: 0, runners: "simulated", loadGbPerSecond: 50, tokensPerSecond: 200 });
	plimsoll = await open();
});

afterEach(async () => {
	await plimsoll.stop();
	await demo.close();
	await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

describe("core as a whole, against a demo engine", () => {
	it("tells every change as a patch, so that who follows has the same state", async () => {
		let followed: AppState = state();
		const gaps: number[] = [];
		plimsoll.core.state.subscribe((patch) => {
			if (patch.from !== followed.version) gaps.push(patch.from);
			followed = applyPatch(followed, patch.steps);
		});
		await plimsoll.core.handlers.load({ model: "gemma3:1b", force: false });
		await plimsoll.core.handlers.flush(null);
		expect(followed).toEqual(state());
		expect(gaps).toEqual([]);
	});

	it("answers a question with a model that has to be loaded first, and keeps the answer", async () => {
		const { handlers } = plimsoll.core;
		await handlers.chooseAnswerer({ model: "gemma3:1b", member: null });
		await handlers.ask({ text: "Write a haiku about ships" });
		await expect(handlers.ask({ text: "And another" })).rejects.toMatchObject({ code: "invalid-argument" });
		await expect.poll(() => state().chat.messages.at(-1)?.state, { timeout: 20_000 }).toBe("done");
		expect(state().chat.messages.map((message) => message.role)).toEqual(["user", "assistant"]);
		expect(state().chat.messages.at(-1)?.text).toContain("demo");
		expect(names()).toEqual(["gemma3:1b"]);
	});

	it("stops an answer and keeps what came of it; asking again replaces it", async () => {
		const { handlers } = plimsoll.core;
		await handlers.chooseAnswerer({ model: "gemma3:1b", member: null });
		await handlers.ask({ text: "Tell me a long story about the sea" });
		await expect
			.poll(() => state().chat.messages.at(-1)?.text.length ?? 0, { timeout: 20_000 })
			.toBeGreaterThan(10);
		await handlers.stopAnswer(null);
		await expect.poll(() => state().chat.messages.at(-1)?.state).toBe("stopped");
		const kept = state().chat.messages.at(-1)?.text ?? "";
		expect(kept.length).toBeGreaterThan(10);
		await expect
			.poll(() =>
				handlers.retryAnswer({}).then(
					() => true,
					() => false,
				),
			)
			.toBe(true);
		await expect.poll(() => state().chat.messages.at(-1)?.state, { timeout: 20_000 }).toBe("done");
		expect(state().chat.messages).toHaveLength(2);
	});

	it("keeps what was typed and not sent, also over a new conversation", async () => {
		await plimsoll.core.handlers.keepDraft({ text: "half a ques" });
		await plimsoll.core.handlers.newConversation(null);
		expect(state().chat.draft).toBe("half a ques");
	});

	it("puts changed settings on disk and leaves what was not named", async () => {
		await plimsoll.core.handlers.changeSettings({ residency: { keepFreeGb: 3 } });
		expect(state().settings.residency.keepFreeGb).toBe(3);
		expect(state().settings.gateway.port).toBe(0);
		const onDisk = JSON.parse(await readFile(paths().settingsFile, "utf8")) as AppState["settings"];
		expect(onDisk.residency.keepFreeGb).toBe(3);
	});

	it("takes over what was edited by hand, and says what is wrong with a broken edit while the old settings hold", async () => {
		await writeFile(
			paths().settingsFile,
			JSON.stringify({ gateway: { port: 0 }, residency: { keepFreeGb: 2 } }),
		);
		await expect.poll(() => state().settings.residency.keepFreeGb, { timeout: 10_000 }).toBe(2);
		await writeFile(paths().settingsFile, '{\n"residency": {\n"keepFreeGb": "much"\n}\n}\n');
		await expect.poll(() => state().settingsProblem?.params.line, { timeout: 10_000 }).toBe(3);
		expect(state().settings.residency.keepFreeGb).toBe(2);
		await writeFile(
			paths().settingsFile,
			JSON.stringify({ gateway: { port: 0 }, residency: { keepFreeGb: 4 } }),
		);
		await expect.poll(() => state().settings.residency.keepFreeGb, { timeout: 10_000 }).toBe(4);
		expect(state().settingsProblem).toBeNull();
	});

	it("moves to another port when that is set, and says so where the command line looks", async () => {
		const before = state().gateway.port ?? 0;
		await plimsoll.core.handlers.changeSettings({ gateway: { port: before + 1 } });
		await expect.poll(() => state().gateway.port, { timeout: 10_000 }).toBeGreaterThan(before);
		const now = state().gateway.port;
		await expect.poll(async () => (await readApiFile(paths()))?.port).toBe(now);
		expect((await fetch(`http://127.0.0.1:${now}/health`)).status).toBe(200);
		await expect(fetch(`http://127.0.0.1:${before}/health`)).rejects.toThrow();
	});

	it("moves to another port also while a page holds its WebSocket, and to the last of two ports", async () => {
		const before = state().gateway.port ?? 0;
		plimsoll.core.gateway.mount({
			prefix: "/held/",
			hasOwnSecret: true,
			request: (_request, response) => void response.end(),
			upgrade: (_request, socket) => void socket.write("held"),
		});
		const page = connect({ host: "127.0.0.1", port: before });
		page.on("error", () => undefined);
		page.write(
			`GET /held/ HTTP/1.1\r\nHost: 127.0.0.1:${before}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
		);
		expect(String((await once(page, "data"))[0])).toBe("held");
		await plimsoll.core.handlers.changeSettings({ gateway: { port: before + 1 } });
		await plimsoll.core.handlers.changeSettings({ gateway: { port: before + 20 } });
		await expect.poll(() => state().gateway.port, { timeout: 10_000 }).toBeGreaterThanOrEqual(before + 20);
		expect((await fetch(`http://127.0.0.1:${state().gateway.port}/health`)).status).toBe(200);
	});

	it("follows a changed engine address", async () => {
		await plimsoll.stop();
		await writeFile(
			paths().settingsFile,
			JSON.stringify({ gateway: { port: 0 }, engine: { url: demo.url } }),
		);
		plimsoll = await open(null);
		const other = await startDemoEngine({ port: 0, runners: "simulated" });
		await plimsoll.core.handlers.changeSettings({ engine: { url: other.url } });
		await expect.poll(() => state().engine.url, { timeout: 10_000 }).toBe(other.url);
		await expect.poll(() => state().engine.connection.state, { timeout: 10_000 }).toBe("connected");
		await other.close();
	});

	it("unloads a model before it deletes it", async () => {
		await plimsoll.core.handlers.load({ model: "gemma3:1b", force: false });
		await plimsoll.core.handlers.deleteModel({ model: "gemma3:1b" });
		await expect.poll(names).toEqual([]);
		expect(state().installed.some((model) => model.name === "gemma3:1b")).toBe(false);
		await expect(plimsoll.core.handlers.deleteModel({ model: "gemma3:1b" })).rejects.toMatchObject({
			code: "model-not-found",
		});
	});

	it("offers contexts with what each would take", async () => {
		const choices = await plimsoll.core.handlers.contextChoices({ model: "qwen2.5:14b" });
		expect(choices.map((choice) => choice.contextLength)).toEqual([4096, 8192, 16_384, 32_768]);
		const bytes = choices.map((choice) => choice.footprintBytes);
		expect([...bytes].sort((a, b) => a - b)).toEqual(bytes);
		expect(choices.filter((choice) => choice.isDefault)).toHaveLength(1);
	});

	it("keeps a pinned model for ever, says so in the settings, and lets it go again", async () => {
		await plimsoll.core.handlers.load({ model: "gemma3:1b", force: false });
		await plimsoll.core.handlers.pin({ model: "gemma3:1b", pinned: true });
		await expect.poll(() => state().loaded[0]?.expiresAt).toBeNull();
		expect(state().loaded[0]?.pinned).toBe(true);
		expect(state().settings.residency.pinned).toEqual(["gemma3:1b"]);
		await plimsoll.core.handlers.pin({ model: "gemma3:1b", pinned: false });
		await expect.poll(() => state().loaded[0]?.expiresAt ?? 0).toBeGreaterThan(0);
		expect(state().settings.residency.pinned).toEqual([]);
	});

	it("shows a pull from its start to the installed model, and a cancelled one as cancelled", async () => {
		const before = state().installed.length;
		await plimsoll.core.handlers.pull({ model: "phi4:14b" });
		await expect.poll(() => state().pulls[0]?.state).toBe("running");
		const id = state().pulls[0]?.id ?? "";
		await plimsoll.core.handlers.cancelPull({ pullId: id });
		await expect.poll(() => state().pulls[0]?.state).toBe("cancelled");
		await plimsoll.core.handlers.dismissPull({ pullId: id });
		expect(state().pulls).toEqual([]);
		expect(state().installed).toHaveLength(before);
		await plimsoll.core.handlers.pull({ model: "no-such-model-anywhere" });
		await expect.poll(() => state().pulls[0]?.state).toBe("failed");
		expect(state().pulls[0]?.error?.code).toBe("not-in-registry");
	});

	it("leaves models alone at its end unless told otherwise, and unloads its own where it is told to", async () => {
		await plimsoll.core.handlers.load({ model: "gemma3:1b", force: false });
		await plimsoll.stop();
		const listed = async () =>
			((await (await fetch(`${demo.url}/api/ps`)).json()) as { models: unknown[] }).models;
		expect(await listed()).toHaveLength(1);
		plimsoll = await open();
		await plimsoll.core.handlers.changeSettings({ residency: { atExit: "own" } });
		await plimsoll.core.handlers.load({ model: "granite3.1-moe:3b", force: false });
		await expect.poll(() => state().loaded.every((model) => model.own)).toBe(true);
		await plimsoll.stop();
		expect(await listed()).toHaveLength(0);
	});

	it("remembers the memory curve and what happened over a restart", async () => {
		await plimsoll.core.handlers.load({ model: "gemma3:1b", force: false });
		await expect.poll(() => state().events.some((event) => event.kind === "loaded")).toBe(true);
		await plimsoll.stop();
		plimsoll = await open();
		const slice = await plimsoll.core.handlers.history({ fromAt: 0, toAt: Date.now() + 1000, points: 600 });
		expect(slice.points.length).toBeGreaterThan(0);
		expect(slice.events.some((event) => event.kind === "loaded")).toBe(true);
	});
});
