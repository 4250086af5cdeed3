import type { AppEvent } from "../../../shared/app-event.ts";
import type { FitVerdict } from "../../../shared/fit.ts";
import type { HistorySlice } from "../../../shared/ipc.ts";
import type { FlushResult, LoadResult, ReleaseResult, TrimResult } from "../../../shared/operation.ts";
import type { StatePatch } from "../../../shared/patch.ts";
import type { Settings } from "../../../shared/settings.ts";
import type { AppState } from "../../../shared/state.ts";
import type { Engine } from "../engine/engine.ts";
import type { Clock, Log, NewEvent, Stop } from "../ports.ts";
import type { AdmissionAnswer, AdmissionRequest } from "../residency/admission.ts";
import type { Router } from "../router/router.ts";

/** A load as the HTTP API asks for it. */
export interface HttpLoad {
	readonly model: string;
	/** Tokens. */
	readonly contextLength?: number;
	/** Milliseconds; -1 for ever. */
	readonly keepAliveMs?: number;
	readonly force: boolean;
}

/** What the gateway needs of the rest of core. */
export interface GatewayDeps {
	readonly state: () => AppState;
	/** Brings the state up to date for somebody who reads it once; takes a second at most, and never rejects. */
	readonly freshen: () => Promise<void>;
	readonly subscribePatches: (listener: (patch: StatePatch) => void) => Stop;
	readonly settings: () => Settings;
	/** The token a client must show where one is required. */
	readonly token: () => Promise<string>;
	/** Base URL of the engine that requests are passed on to, without a trailing slash. */
	readonly engineUrl: () => string;
	/** The gate for loads that passed-on requests would cause. */
	readonly admit: (request: AdmissionRequest) => Promise<AdmissionAnswer>;
	/** A passed-on request uses a model from now until the returned function is called. */
	readonly inFlight: (model: string) => Stop;
	/** Loads by the own API; aborting `signal` leaves the load. */
	readonly load: (load: HttpLoad, signal: AbortSignal) => Promise<LoadResult>;
	/** Unloads by the own API; a model that still answers after 10 s resolves with `because: "draining"`. */
	readonly unload: (model: string) => Promise<ReleaseResult>;
	readonly flush: () => Promise<FlushResult>;
	/** Judges a load as the own API would make it; null where nothing can be judged. */
	readonly fit: (model: string, contextLength: number | null) => Promise<FitVerdict | null>;
	/** Unloads an idle model and loads it again. */
	readonly trim: (model: string) => Promise<TrimResult>;
	/** Chooses who answers prompts that name no model. */
	readonly router: Pick<Router, "team" | "decide" | "contextOf" | "noteAnswered">;
	/** Streams an answer of the engine; see Engine.chat. */
	readonly chat: Engine["chat"];
	/** Milliseconds to keep a model after its answer, where a setting says so. */
	readonly keepAliveMs: (model: string) => number | undefined;
	/** Samples and events between two times, milliseconds since 1970. */
	readonly history: (slice: {
		readonly fromAt: number;
		readonly toAt: number;
		readonly points: number;
	}) => Promise<HistorySlice>;
	/** Events between two times, newest first, at most `limit`. */
	readonly pastEvents: (fromAt: number, toAt: number, limit: number) => readonly AppEvent[];
	readonly recordEvent: (event: NewEvent) => void;
	/** Marks every answer, so that Plimsoll never takes itself for an engine. */
	readonly instanceId: string;
	readonly appVersion: string;
	readonly clock: Clock;
	readonly log: Log;
}

/** Limits of the server; the defaults hold in the product, tests tighten them. */
export interface GatewayLimits {
	/** Bytes of a body on Plimsoll's own routes. */
	readonly ownBodyBytes: number;
	/** Bytes of a body that is read because it may load a model. */
	readonly loadBodyBytes: number;
	/** Milliseconds within which the head of a request must have arrived. */
	readonly headMs: number;
	/** Milliseconds within which a body on an own route must have arrived. */
	readonly ownBodyMs: number;
	/** Milliseconds within which the engine must take a connection. */
	readonly connectMs: number;
	/** Milliseconds between two signs of life on an event stream. */
	readonly heartbeatMs: number;
}
