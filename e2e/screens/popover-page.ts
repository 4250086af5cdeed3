import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, Page } from "@playwright/test";
import { POPOVER_PATH, readPopoverFiles } from "../../electron/headless/popover-files.ts";
import type { SerializedError } from "../../shared/errors.ts";
import type { CallName, CallResult, PopoverPlace } from "../../shared/ipc.ts";
import { callNames } from "../../shared/ipc-names.ts";
import { diff } from "../../shared/patch.ts";
import type { AppState } from "../../shared/state.ts";
import { NOW } from "../../shared/testing/build-state.ts";

const builtPopover = fileURLToPath(new URL("../../out/renderer", import.meta.url));
const fakeCore = fileURLToPath(new URL("./fake-plimsoll.js", import.meta.url));

/** One call the popover made. */
export interface RecordedCall {
	readonly name: CallName;
	readonly argument: unknown;
}

/** Size of the popover at usual text, points. */
export const POPOVER_VIEWPORT = { width: 380, height: 600 } as const;

/** How a popover is opened. */
export interface PopoverSetup {
	readonly state: AppState;
	readonly theme?: "light" | "dark";
	readonly locale?: string;
	readonly viewport?: { readonly width: number; readonly height: number };
	/** Text size in percent of the usual one. */
	readonly textPercent?: number;
	readonly scale?: number;
	readonly reducedMotion?: boolean;
	/** Font in place of the system's. */
	readonly font?: string;
	/** What calls resolve to; null where nothing is named. */
	readonly answers?: { readonly [Name in CallName]?: CallResult<Name> };
	/** What single calls resolve to, by name and argument as JSON with a blank between: `fit {"model":"a"}`. */
	readonly answersTo?: Readonly<Record<string, unknown>>;
	/** Calls that are rejected. */
	readonly failures?: { readonly [Name in CallName]?: SerializedError };
	/** Calls that never end. */
	readonly hanging?: readonly CallName[];
	/** Part that is opened first. */
	readonly place?: PopoverPlace;
	/** Stands still at the states' own moment; else the clock runs. */
	readonly frozen?: boolean;
	/** Done to the page before it is opened. */
	readonly prepare?: (page: Page) => Promise<void>;
}

/** The popover in a page, driven by a core that only acts. */
export interface OpenPopover {
	readonly page: Page;
	/** Calls that were made so far, oldest first, but for the ones every popover makes when it opens. */
	calls(): Promise<readonly RecordedCall[]>;
	/** Moves the state on. With `lost` the patch does not arrive, as after a sleep. */
	change(next: (state: AppState) => AppState, options?: { readonly lost?: boolean }): Promise<void>;
	goTo(place: PopoverPlace): Promise<void>;
	/** What the content security policy refused, and errors of the page. */
	complaints(): readonly string[];
	close(): Promise<void>;
}

/** The built popover behind the product's own file server and security policy. */
export interface PopoverServer {
	readonly url: string;
	open(browser: Browser, setup: PopoverSetup): Promise<OpenPopover>;
	close(): Promise<void>;
}

function listen(server: Server): Promise<string> {
	return new Promise((resolve) => {
		server.listen(0, "127.0.0.1", () =>
			resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}${POPOVER_PATH}`),
		);
	});
}

interface FakeCore {
	readonly calls: readonly RecordedCall[];
	push(next: AppState, patch: unknown, tell: boolean): void;
	goTo(place: PopoverPlace): void;
}

/** What every popover asks when it opens. */
const OPENING: readonly CallName[] = ["snapshot", "watch"];

async function openIn(context: BrowserContext, url: string, setup: PopoverSetup): Promise<OpenPopover> {
	const page = await context.newPage();
	const complaints: string[] = [];
	page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
	page.on("console", (line) => {
		if (line.type() === "error") complaints.push(`console: ${line.text()}`);
	});
	await page.exposeFunction("tellViolation", (text: string) => complaints.push(`policy: ${text}`));
	let state = setup.state;
	await page.addInitScript(
		(given) => {
			Object.assign(globalThis, { fakeSetup: given });
			document.addEventListener("securitypolicyviolation", (event) => {
				const { tellViolation } = globalThis as unknown as { tellViolation(text: string): void };
				tellViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
			});
			if (given.textPercent !== 100)
				document.addEventListener("DOMContentLoaded", () => {
					document.documentElement.style.fontSize = `${given.textPercent}%`;
				});
		},
		{
			state,
			answers: setup.answers ?? {},
			answersTo: setup.answersTo ?? {},
			failures: setup.failures ?? {},
			hanging: setup.hanging ?? [],
			callNames,
			textPercent: setup.textPercent ?? 100,
		},
	);
	if (setup.frozen ?? true) await page.clock.setFixedTime(NOW);
	await setup.prepare?.(page);
	await page.goto(setup.place === undefined ? url : `${url}#${setup.place}`);
	await page.getByRole("dialog", { name: "Plimsoll" }).and(page.locator(":not([aria-busy])")).waitFor();
	// Stands in for the material that the Mac draws behind its window.
	await page.evaluate(() =>
		document.documentElement.style.setProperty("background", "light-dark(#ededee, #28282a)"),
	);
	const { font } = setup;
	if (font !== undefined)
		await page.evaluate((name) => document.documentElement.style.setProperty("--font-ui", name), font);
	await page.evaluate(() => document.fonts.ready.then(() => undefined));

	return {
		page,
		async calls() {
			const made = await page.evaluate(
				() => (globalThis as unknown as { fakePlimsoll: FakeCore }).fakePlimsoll.calls,
			);
			return made.filter(({ name }) => !OPENING.includes(name));
		},
		async change(next, { lost = false } = {}) {
			const before = state;
			state = { ...next(before), version: before.version + 1 };
			const patch = { from: before.version, to: state.version, steps: diff(before, state) };
			await page.evaluate(
				([newer, told, tell]) =>
					(globalThis as unknown as { fakePlimsoll: FakeCore }).fakePlimsoll.push(newer, told, tell),
				[state, patch, !lost] as const,
			);
		},
		async goTo(place) {
			await page.evaluate(
				(asked) => (globalThis as unknown as { fakePlimsoll: FakeCore }).fakePlimsoll.goTo(asked),
				place,
			);
		},
		complaints: () => complaints,
		close: () => context.close(),
	};
}

/** Serves the built popover on a port of its own. */
export async function servePopover(folder = builtPopover): Promise<PopoverServer> {
	const files = await readPopoverFiles(folder, fakeCore);
	if (!files.built) throw new Error("the popover is not built: run “npm run build”");
	const server = createServer((request, response) => files.answer(request, response, []));
	const url = await listen(server);
	return {
		url,
		async open(browser, setup) {
			const context = await browser.newContext({
				viewport: setup.viewport ?? POPOVER_VIEWPORT,
				deviceScaleFactor: setup.scale ?? 1,
				colorScheme: setup.theme ?? "light",
				locale: setup.locale ?? "en-GB",
				timezoneId: "UTC",
				reducedMotion: (setup.reducedMotion ?? false) ? "reduce" : "no-preference",
			});
			return openIn(context, url, setup);
		},
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
}
