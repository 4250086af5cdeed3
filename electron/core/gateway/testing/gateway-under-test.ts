import type { AppEvent } from "../../../../shared/app-event.ts";
import { AppError } from "../../../../shared/errors.ts";
import type { FitVerdict } from "../../../../shared/fit.ts";
import { message } from "../../../../shared/messages/message.ts";
import type { FlushResult, LoadResult, ReleaseResult, TrimResult } from "../../../../shared/operation.ts";
import type { StatePatch } from "../../../../shared/patch.ts";
import type { RouteDecision } from "../../../../shared/router.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../../../shared/settings.ts";
import type { AppState } from "../../../../shared/state.ts";
import { fromGb } from "../../../../shared/units.ts";
import { systemClock } from "../../clock.ts";
import type { NewEvent } from "../../ports.ts";
import type { AdmissionAnswer, AdmissionRequest } from "../../residency/admission.ts";
import { ORIGINAL_TEAM } from "../../router/original-team.ts";
import type { RouteAsk } from "../../router/router.ts";
import { requirements } from "../../router/testing/requirements.ts";
import { keptLog } from "../../testing/kept-log.ts";
import { createGateway, type Gateway } from "../gateway.ts";
import type { GatewayDeps, GatewayLimits, HttpLoad } from "../gateway-deps.ts";
import { loadedModel, sampleOfMachine, sampleState } from "./sample-state.ts";

/** A release as it comes out when everything is well. */
export const provedRelease: ReleaseResult = {
	key: loadedModel.key,
	name: loadedModel.name,
	grade: "proved",
	releasedBytes: fromGb(3.6),
	durationMs: 2_100,
	because: null,
};

/** A load as it comes out when everything is well. */
export const goodLoad: LoadResult = {
	key: loadedModel.key,
	name: loadedModel.name,
	durationMs: 4_200,
	footprintBytes: fromGb(3.6),
	contextLength: 4_096,
	already: false,
	evicted: [{ ...provedRelease, step: "evict", why: "memory" }],
	before: sampleOfMachine,
	after: sampleOfMachine,
};

/** A verdict over a model that is 1.6 GB over even if another one goes. */
export const verdictOver: FitVerdict = {
	key: "deepcoder:14b@sha256:bb@",
	name: "deepcoder:14b",
	outcome: "over",
	contextLength: 4_096,
	contextSource: "tier",
	footprint: {
		weightsBytes: fromGb(8.4),
		contextBytes: fromGb(0.8),
		overheadBytes: fromGb(0.1),
		loadedBytes: fromGb(9.3),
		workingBytes: fromGb(0.3),
		totalBytes: fromGb(10.4),
		mayGrowBytes: fromGb(8),
		source: "predicted",
	},
	safetyBytes: fromGb(0.5),
	budget: {
		totalBytes: fromGb(18),
		availableBytes: fromGb(5.2),
		lackingBytes: 0,
		givenBackBytes: fromGb(5.3),
		afterPlanBytes: fromGb(10.5),
		overheadBytes: fromGb(0.5),
		factor: 1,
		budgetBytes: fromGb(10),
	},
	marginBytes: -fromGb(0.9),
	steps: [
		{ kind: "evict", key: loadedModel.key, name: loadedModel.name, bytes: fromGb(3.6), because: "memory" },
	],
	waitFor: [],
	gpuPercent: 100,
	because: "memory",
	help: [
		{ kind: "context", contextLength: 2_048 },
		{ kind: "free", bytes: fromGb(0.9) },
	],
};

/** A trim as it comes out when everything is well. */
export const goodTrim: TrimResult = {
	key: loadedModel.key,
	name: loadedModel.name,
	grade: "proved",
	beforeBytes: fromGb(6.8),
	afterBytes: fromGb(5.2),
	releasedBytes: fromGb(1.6),
	durationMs: 4_200,
};

/** A flush of the given releases. */
export function flushOfReleases(...releases: readonly ReleaseResult[]): FlushResult {
	return {
		id: "f1",
		at: sampleOfMachine.at,
		durationMs: 2_100,
		releases,
		releasedBytes: releases.reduce((sum, release) => sum + release.releasedBytes, 0),
		putBack: [],
		before: sampleOfMachine,
		after: sampleOfMachine,
	};
}

/** A decision for one of the original eleven. */
export function decisionFor(id: string): RouteDecision {
	const member = ORIGINAL_TEAM.members.find((each) => each.id === id) ?? null;
	return {
		requirements: requirements(),
		member,
		candidates: [],
		steps: [],
		loads: true,
		edge: false,
		why: message("route.enough", { member: member?.name ?? "" }),
		tookMs: 0.2,
	};
}

/** Everything a test can set and count. Counters rise when something behind the security chain runs. */
export interface Knobs {
	state: AppState;
	freshen: () => Promise<void>;
	settings: Settings;
	engineUrl: string;
	admit: (request: AdmissionRequest) => Promise<AdmissionAnswer>;
	load: (load: HttpLoad, signal: AbortSignal) => Promise<LoadResult>;
	unload: (model: string) => Promise<ReleaseResult>;
	flush: () => Promise<FlushResult>;
	fit: (model: string, contextLength: number | null) => Promise<FitVerdict | null>;
	trim: (model: string) => Promise<TrimResult>;
	decide: (ask: RouteAsk) => Promise<RouteDecision>;
	chat: GatewayDeps["chat"];
	readonly answered: string[];
	readonly admitted: AdmissionRequest[];
	readonly recorded: NewEvent[];
	/** Models with a request in flight. */
	readonly inFlight: string[];
	ticketsReleased: number;
	/** A release that counts once, as admission's own does. */
	countedRelease(): () => void;
	handlersRun: number;
	/** Tells of a new event as core does: into the state, then a patch. */
	happen(event: AppEvent): void;
	listeners(): number;
}

/** A gateway on a port of its own, with everything behind it in the test's hands. */
export interface GatewayUnderTest {
	readonly gateway: Gateway;
	readonly port: number;
	readonly knobs: Knobs;
	close(): Promise<void>;
}

/** The token that the gateway under test asks for when it asks. */
export const TEST_TOKEN = "token-of-the-test";

/** Changes the gateway's settings of a test. */
export function withGatewaySettings(change: Partial<Settings["gateway"]>): Settings {
	return { ...DEFAULT_SETTINGS, gateway: { ...DEFAULT_SETTINGS.gateway, ...change } };
}

/** Starts a gateway in front of an engine. */
export async function startGateway(
	engineUrl: string,
	limits: Partial<GatewayLimits> = {},
): Promise<GatewayUnderTest> {
	const listeners = new Set<(patch: StatePatch) => void>();
	const knobs: Knobs = {
		state: sampleState(),
		freshen: async () => undefined,
		settings: DEFAULT_SETTINGS,
		engineUrl,
		admit: async () => ({
			kind: "ticket",
			basis: "loaded",
			release() {
				knobs.ticketsReleased += 1;
			},
		}),
		load: async () => goodLoad,
		unload: async () => provedRelease,
		flush: async () => flushOfReleases(provedRelease),
		fit: async () => verdictOver,
		trim: async () => goodTrim,
		decide: async () => decisionFor("mistral_versatile"),
		async *chat() {
			yield { kind: "text", text: "Hello" };
			yield { kind: "text", text: " there" };
		},
		answered: [],
		admitted: [],
		recorded: [],
		inFlight: [],
		ticketsReleased: 0,
		countedRelease() {
			let given = true;
			return () => {
				if (given) knobs.ticketsReleased += 1;
				given = false;
			};
		},
		handlersRun: 0,
		happen(event) {
			const { version } = knobs.state;
			knobs.state = { ...knobs.state, version: version + 1, events: [event, ...knobs.state.events] };
			for (const listener of listeners) listener({ from: version, to: version + 1, steps: [] });
		},
		listeners: () => listeners.size,
	};
	function ran<Result>(result: Result): Result {
		knobs.handlersRun += 1;
		return result;
	}
	const deps: GatewayDeps = {
		state: () => ran(knobs.state),
		freshen: () => knobs.freshen(),
		subscribePatches(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		settings: () => knobs.settings,
		token: async () => TEST_TOKEN,
		engineUrl: () => ran(knobs.engineUrl),
		admit(request) {
			knobs.admitted.push(request);
			return ran(knobs.admit(request));
		},
		inFlight(model) {
			knobs.inFlight.push(model);
			return () => {
				knobs.inFlight.splice(knobs.inFlight.indexOf(model), 1);
			};
		},
		load: (load, signal) => ran(knobs.load(load, signal)),
		unload: (model) => ran(knobs.unload(model)),
		flush: () => ran(knobs.flush()),
		fit: (model, contextLength) => ran(knobs.fit(model, contextLength)),
		trim: (model) => ran(knobs.trim(model)),
		router: {
			team: () => knobs.state.team,
			decide: (ask) => ran(knobs.decide(ask)),
			contextOf: () => null,
			noteAnswered: ({ member }) => void knobs.answered.push(member),
		},
		chat: (request, signal) => ran(knobs.chat(request, signal)),
		keepAliveMs: () => undefined,
		history: async ({ fromAt }) =>
			ran({
				points: [
					{
						at: fromAt,
						totalBytes: fromGb(18),
						availableBytes: fromGb(9),
						swapUsedBytes: null,
						loadedBytes: fromGb(3.6),
						level: "normal",
					},
				],
				events: knobs.state.events,
			}),
		pastEvents: () => ran(knobs.state.events),
		recordEvent: (event) => void knobs.recorded.push(event),
		instanceId: "instance-of-the-test",
		appVersion: "0.1.0",
		clock: systemClock,
		log: keptLog(),
	};
	const gateway = createGateway(deps, limits);
	const { port } = await gateway.listen(0);
	return { gateway, port, knobs, close: () => gateway.close() };
}

/** A refusal as admission gives it: 9.6 GB needed, 5.2 GB there. */
export function refusal(model: string): AdmissionAnswer {
	return {
		kind: "refusal",
		error: AppError.of("memory-too-low", {
			model,
			neededBytes: fromGb(9.6),
			availableBytes: fromGb(5.2),
		}),
	};
}
