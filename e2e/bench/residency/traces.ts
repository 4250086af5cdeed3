/** A model of the simulated library. */
export interface SimulatedModel {
	readonly name: string;
	readonly gb: number;
	readonly embedding: boolean;
}

/** Somebody wants an answer. */
export interface SimulatedRequest {
	/** Seconds since the beginning. */
	readonly at: number;
	readonly model: string;
	readonly answerSeconds: number;
	/** Seconds the client wants the model kept after its answer. */
	readonly keepAliveSeconds: number;
}

/** A stretch of use on one machine. */
export interface Trace {
	readonly name: string;
	readonly totalGb: number;
	/** What other apps take, from each of these moments on. */
	readonly others: readonly { readonly at: number; readonly gb: number }[];
	readonly requests: readonly SimulatedRequest[];
}

/** The original team's models, an embedding model and one larger, with what they take. */
export const LIBRARY: readonly SimulatedModel[] = [
	{ name: "deepcoder", gb: 10.1, embedding: false },
	{ name: "qwen2.5:14b", gb: 10.1, embedding: false },
	{ name: "deepseek-coder-v2:16b", gb: 10.3, embedding: false },
	{ name: "granite3.3:8b", gb: 6.2, embedding: false },
	{ name: "llama3.1:8b", gb: 6.0, embedding: false },
	{ name: "mistral", gb: 5.3, embedding: false },
	{ name: "gemma3:4b", gb: 4.7, embedding: false },
	{ name: "granite3.2-vision:2b", gb: 3.4, embedding: false },
	{ name: "granite3.1-moe:3b", gb: 2.7, embedding: false },
	{ name: "gemma3:1b", gb: 1.4, embedding: false },
	{ name: "nomic-embed-text", gb: 0.7, embedding: true },
];

/** Random numbers from 0 to 1 that are the same in every run (mulberry32). */
function randomFrom(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
	};
}

/** Ollama's own keep-alive. */
const KEEP_ALIVE_SECONDS = 300;
const HOUR_SECONDS = 3600;

interface Step {
	readonly model: string;
	readonly pauseSeconds: number;
	readonly answerSeconds?: number;
	readonly keepAliveSeconds?: number;
}

/** Requests one after the other, each after a pause. */
function inTurn(steps: readonly Step[], from = 0): readonly SimulatedRequest[] {
	let at = from;
	return steps.map(({ model, pauseSeconds, answerSeconds = 8, keepAliveSeconds = HOUR_SECONDS }) => {
		at += pauseSeconds;
		return { at, model, answerSeconds, keepAliveSeconds };
	});
}

function times<Value>(count: number, make: (index: number) => Value): readonly Value[] {
	return Array.from({ length: count }, (_, index) => make(index));
}

function pick<Value>(values: readonly Value[], at: number): Value {
	const value = values[Math.min(values.length - 1, Math.max(0, Math.floor(at)))];
	if (value === undefined) throw new RangeError("nothing to pick from");
	return value;
}

/** Two large models turn by turn, with a small one between. */
function coding(seed: number): readonly SimulatedRequest[] {
	const random = randomFrom(11 + seed);
	return inTurn(
		times(300, (index) => ({
			model: index % 3 === 2 ? "gemma3:1b" : random() < 0.7 ? "deepcoder" : "qwen2.5:14b",
			pauseSeconds: 20 + random() * 60,
		})),
	);
}

/** The whole team, a few members far more often than the others. */
function team(seed: number): readonly SimulatedRequest[] {
	const random = randomFrom(22 + seed);
	const names = LIBRARY.map(({ name }) => name);
	return inTurn(
		times(500, () => ({
			model: pick(names, names.length * random() ** 2.2),
			pauseSeconds: 15 + random() * 90,
		})),
	);
}

/** One model after the other in the same order, one more than there is room for. */
function round(): readonly SimulatedRequest[] {
	const order = ["granite3.3:8b", "llama3.1:8b", "mistral", "gemma3:4b"];
	return inTurn(times(240, (index) => ({ model: pick(order, index % order.length), pauseSeconds: 40 })));
}

/** Small regulars, and now and then a large one for a single answer. */
function oneOffs(seed: number): readonly SimulatedRequest[] {
	const random = randomFrom(44 + seed);
	const small = ["gemma3:1b", "granite3.1-moe:3b", "granite3.2-vision:2b"];
	const large = ["deepcoder", "deepseek-coder-v2:16b", "qwen2.5:14b"];
	return inTurn(
		times(400, (index) =>
			index % 25 === 24
				? { model: pick(large, random() * 3), pauseSeconds: 40, answerSeconds: 30 }
				: { model: pick(small, random() * 3), pauseSeconds: 10 + random() * 40 },
		),
	);
}

/** Documents are searched with an embedding model before every answer. */
function documents(seed: number): readonly SimulatedRequest[] {
	const random = randomFrom(55 + seed);
	return inTurn(
		times(200, (): readonly Step[] => [
			{ model: "nomic-embed-text", pauseSeconds: 30 + random() * 60, answerSeconds: 1 },
			{ model: pick(["llama3.1:8b", "qwen2.5:14b", "mistral"], random() ** 1.5 * 3), pauseSeconds: 2 },
		]).flat(),
	);
}

/** What is worked with changes every half hour. */
function drift(seed: number): readonly SimulatedRequest[] {
	const random = randomFrom(66 + seed);
	const phases = [
		["deepcoder", "gemma3:4b"],
		["llama3.1:8b", "mistral", "gemma3:1b"],
		["qwen2.5:14b", "granite3.1-moe:3b"],
		["granite3.3:8b", "granite3.2-vision:2b", "gemma3:1b"],
	];
	return inTurn(
		times(400, (index) => {
			const phase = pick(phases, Math.floor(index / 40) % phases.length);
			return { model: pick(phase, random() * phase.length), pauseSeconds: 20 + random() * 50 };
		}),
	);
}

/** Two clients at once, so that models are busy when another one is wanted; one keeps short, one long. */
function twoClients(seed: number): readonly SimulatedRequest[] {
	const random = randomFrom(77 + seed);
	const first = inTurn(
		times(200, () => ({
			model: random() < 0.8 ? "llama3.1:8b" : "gemma3:1b",
			pauseSeconds: 30 + random() * 60,
			answerSeconds: 20,
			keepAliveSeconds: HOUR_SECONDS,
		})),
	);
	const second = inTurn(
		times(200, () => ({
			model: pick(["mistral", "gemma3:4b", "granite3.2-vision:2b"], random() * 3),
			pauseSeconds: 30 + random() * 60,
			answerSeconds: 15,
			keepAliveSeconds: KEEP_ALIVE_SECONDS,
		})),
		7,
	);
	return [...first, ...second].toSorted((a, b) => a.at - b.at);
}

/** One model for a while, then any other: what was asked last is most likely asked next. */
function spells(seed: number): readonly SimulatedRequest[] {
	const random = randomFrom(88 + seed);
	const names = LIBRARY.map(({ name }) => name);
	let model = pick(names, names.length * random());
	return inTurn(
		times(400, () => {
			if (random() < 0.15) model = pick(names, names.length * random());
			return { model, pauseSeconds: 10 + random() * 60 };
		}),
	);
}

/** Short sessions with two models each and breaks of up to an hour between them. */
function sessions(seed: number): readonly SimulatedRequest[] {
	const random = randomFrom(99 + seed);
	const names = LIBRARY.map(({ name }) => name);
	return inTurn(
		times(60, () => {
			const first = pick(names, names.length * random() ** 1.5);
			const second = pick(names, names.length * random() ** 1.5);
			return times(2 + Math.floor(random() * 10), (index) => ({
				model: random() < 0.7 ? first : second,
				pauseSeconds: index === 0 ? 60 + 3000 * random() ** 3 : 5 + random() * 30,
			}));
		}).flat(),
	);
}

/** Every trace; the same for the same seed. */
export const tracesOf = (seed: number): readonly Trace[] => [
	{ name: "coding, two large in turn", totalGb: 18, others: [{ at: 0, gb: 5 }], requests: coding(seed) },
	{ name: "the whole team on 18 GB", totalGb: 18, others: [{ at: 0, gb: 5 }], requests: team(seed) },
	{ name: "the whole team on 36 GB", totalGb: 36, others: [{ at: 0, gb: 8 }], requests: team(seed) },
	{ name: "round and round, one too many", totalGb: 24, others: [{ at: 0, gb: 5 }], requests: round() },
	{
		name: "small regulars, large one-offs",
		totalGb: 18,
		others: [{ at: 0, gb: 5 }],
		requests: oneOffs(seed),
	},
	{ name: "documents with embeddings", totalGb: 18, others: [{ at: 0, gb: 5 }], requests: documents(seed) },
	{ name: "work that changes", totalGb: 24, others: [{ at: 0, gb: 6 }], requests: drift(seed) },
	{ name: "two clients at once", totalGb: 18, others: [{ at: 0, gb: 5 }], requests: twoClients(seed) },
	{ name: "one model for a while", totalGb: 24, others: [{ at: 0, gb: 6 }], requests: spells(seed) },
	{ name: "sessions and breaks", totalGb: 36, others: [{ at: 0, gb: 6 }], requests: sessions(seed) },
	{
		name: "other apps come and go",
		totalGb: 24,
		others: times(40, (index) => ({ at: index * 600, gb: index % 2 === 0 ? 5 : 11 })),
		requests: team(seed),
	},
];
