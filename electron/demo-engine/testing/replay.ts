import { request as httpRequest } from "node:http";
import type { RecordedRequest, Scenario } from "./recordings.ts";

/** What came back when a recorded request was sent again. */
export interface Replayed {
	readonly status: number;
	readonly headers: Readonly<Record<string, string | undefined>>;
	readonly body: string;
}

/** How long after an answer has begun, or a load was asked for, a client leaves that left in the recording. */
const LEAVES_AFTER_MS = 60;

interface Progress {
	readonly headers: Promise<void>;
	readonly end: Promise<Replayed | null>;
}

/**
 * Sends a scenario's requests in the order of the recording: what had ended or begun to answer before a request
 * was sent has done so again before it is sent again. The answer is null where the client left first.
 */
export async function replay(
	scenario: Scenario,
	url: string,
	kill: (model: string) => Promise<void>,
): Promise<ReadonlyMap<string, Replayed | null>> {
	const running = new Map<RecordedRequest, Progress>();
	const requests = scenario.requests
		.filter(({ unreplayable }) => unreplayable === null)
		.sort((left, right) => left.atMs - right.atMs);
	const kills = [...scenario.killsAtMs];
	const caughtUp = async (atMs: number): Promise<void> => {
		for (const [earlier, progress] of running) {
			const { answer } = earlier;
			// A command ends when its client leaves, and the next begins after it.
			if (answer === null && earlier.clientLeft === "answering") await progress.end;
			else if (answer?.endAtMs != null && answer.endAtMs <= atMs) await progress.end;
			else if (answer?.headersAtMs != null && answer.headersAtMs <= atMs) await progress.headers;
		}
	};
	const killBefore = async (atMs: number): Promise<void> => {
		for (let killAtMs = kills[0]; killAtMs !== undefined && killAtMs < atMs; killAtMs = kills[0]) {
			kills.shift();
			await caughtUp(killAtMs);
			const last = [...running.keys()].at(-1);
			// The request that dies has to be with the runner by now.
			await new Promise((resolve) => setTimeout(resolve, LEAVES_AFTER_MS));
			await kill((JSON.parse(last?.body ?? "{}") as { model: string }).model);
		}
	};
	for (const recorded of requests) {
		await killBefore(recorded.atMs);
		await caughtUp(recorded.atMs);
		running.set(recorded, send(recorded, url));
	}
	await killBefore(Number.POSITIVE_INFINITY);
	const answers = new Map<string, Replayed | null>();
	for (const [recorded, { end }] of running) answers.set(recorded.id, await end);
	return answers;
}

function send(recorded: RecordedRequest, url: string): Progress {
	const began = new AbortController();
	const headers = new Promise<void>((resolve) => {
		began.signal.addEventListener("abort", () => resolve());
	});
	const end = new Promise<Replayed | null>((resolve, reject) => {
		const outgoing = httpRequest(new URL(recorded.path, url), {
			method: recorded.method,
			agent: false,
			headers: {
				...recorded.headers,
				...(recorded.body === null
					? {}
					: { "content-type": "application/json", "content-length": Buffer.byteLength(recorded.body) }),
			},
		});
		let left = false;
		const leave = (): void => {
			setTimeout(() => {
				left = true;
				outgoing.destroy();
				began.abort();
				resolve(null);
			}, LEAVES_AFTER_MS);
		};
		outgoing.on("error", (error) => {
			began.abort();
			if (!left) reject(error);
		});
		outgoing.on("response", (incoming) => {
			began.abort();
			if (recorded.clientLeft === "answering") leave();
			const chunks: Buffer[] = [];
			incoming.on("error", () => {});
			incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
			incoming.on("end", () =>
				resolve({
					status: incoming.statusCode ?? 0,
					headers: incoming.headers as Readonly<Record<string, string | undefined>>,
					body: Buffer.concat(chunks).toString("utf8"),
				}),
			);
		});
		if (recorded.clientLeft === "waiting") leave();
		outgoing.end(recorded.body ?? undefined);
	});
	return { headers, end };
}
