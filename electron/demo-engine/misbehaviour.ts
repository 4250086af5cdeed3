import { z } from "zod";

/**
 * The ways a model of the demo engine can be told to go wrong. A number beside one is its measure, in the
 * unit named here; `true` takes the default.
 */
export const MISBEHAVIOURS = {
	/** The load takes this many seconds (default 30). */
	"slow-load": 30,
	/** The load never ends. */
	"hang-load": 1,
	/** An unload is accepted and not done while this lasts: listed and alive. */
	"hang-unload": 1,
	/** The runner dies after this many tokens of an answer (default 3). */
	"crash-mid-stream": 3,
	/** The runner dies before the first token. */
	"crash-before-first-token": 1,
	/** After this many tokens the stream continues with bytes that are no JSON (default 2). */
	"garbage-json": 2,
	/** After this many tokens the stream ends with an error line under status 200 (default 2). */
	"stream-error": 2,
	/** After this many tokens the stream ends without its last line (default 3). */
	"stream-without-end": 3,
	/** Every request for the model gets 503. */
	busy: 1,
	/** Deleted from the library the moment it is loaded. */
	ghost: 1,
	/** Re-tagged to other weights the moment it is loaded. */
	retag: 1,
	/** Loading leaves a second runner behind whose parent is the system. */
	orphan: 1,
	/** Loading is refused because it does not fit. */
	refusal: 1,
	/** After an unload it is no longer listed and its process stays while this lasts. */
	"keep-memory": 1,
	/** Each new prompt makes the runner grow by this many GB (default 0.5). */
	growth: 0.5,
	/** The runner dies this many seconds after the load and stays listed (default 1). */
	"dead-runner": 1,
} as const satisfies Readonly<Record<string, number>>;

/** A misbehaviour of one model. */
export type MisbehaviourKind = keyof typeof MISBEHAVIOURS;

/** The ways the server itself can go wrong. */
export const SERVER_MISBEHAVIOURS = {
	/** `/api/ps` takes this many seconds (default 30). */
	"blocking-ps": 30,
	/** `/api/version` never answers. */
	"hanging-version": 1,
	/** Every answer is a web page under status 200. */
	html: 1,
	/** Nothing is answered at all. */
	"hang-all": 1,
} as const satisfies Readonly<Record<string, number>>;

/** A misbehaviour of the server. */
export type ServerMisbehaviourKind = keyof typeof SERVER_MISBEHAVIOURS;

const kinds = Object.keys(MISBEHAVIOURS) as [MisbehaviourKind, ...MisbehaviourKind[]];
const serverKinds = Object.keys(SERVER_MISBEHAVIOURS) as [
	ServerMisbehaviourKind,
	...ServerMisbehaviourKind[],
];

/** Names of model misbehaviours, for control bodies and model files. */
export const misbehaviourKindSchema = z.enum(kinds);
/** Names of server misbehaviours. */
export const serverMisbehaviourKindSchema = z.enum(serverKinds);

/** What currently goes wrong: by model (display name, lower case), and in the server. */
export class Misbehaviours {
	readonly #models = new Map<string, Map<MisbehaviourKind, number>>();
	readonly #server = new Map<ServerMisbehaviourKind, number>();

	/** Switches a model's misbehaviour on; without a value its default measure holds. */
	set(model: string, kind: MisbehaviourKind, value?: number): void {
		const key = model.toLowerCase();
		const own = this.#models.get(key) ?? new Map<MisbehaviourKind, number>();
		own.set(kind, value ?? MISBEHAVIOURS[kind]);
		this.#models.set(key, own);
	}

	/** Switches a misbehaviour of the server on. */
	setServer(kind: ServerMisbehaviourKind, value?: number): void {
		this.#server.set(kind, value ?? SERVER_MISBEHAVIOURS[kind]);
	}

	/** The measure of a model's misbehaviour, or null when it behaves. */
	of(model: string, kind: MisbehaviourKind): number | null {
		return this.#models.get(model.toLowerCase())?.get(kind) ?? null;
	}

	/** The measure of a server misbehaviour, or null. */
	ofServer(kind: ServerMisbehaviourKind): number | null {
		return this.#server.get(kind) ?? null;
	}

	/** Everything behaves again. */
	clear(): void {
		this.#models.clear();
		this.#server.clear();
	}
}
