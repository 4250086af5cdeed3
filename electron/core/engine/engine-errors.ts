import { AppError } from "../../../shared/errors.ts";

/** What a failed call was about, for its error's parameters. */
export interface CallContext {
	readonly url: string;
	/** The model it was about, or null. */
	readonly model: string | null;
}

/**
 * Texts by which an engine says that memory did not suffice, without case. The first ten are those by which Ollama
 * itself recognises it (its `llm/status.go`); the rest are its own messages of all versions, and the two ways in
 * which an operating system ends a process that took too much.
 */
const OUT_OF_MEMORY: readonly RegExp[] = [
	/out of memory/i,
	/out of device memory/i,
	/cudamalloc failed/i,
	/hipmalloc failed/i,
	/failed to allocate/i,
	/allocation failed/i,
	/not enough memory/i,
	/insufficient memory/i,
	/vk_error_out_of_device_memory/i,
	/erroroutofmemory/i,
	/out-of-memory/i,
	/signal: killed/i,
	/requires more system memory/i,
	/memory layout cannot be allocated/i,
	/failed to commit memory for model/i,
	/model requires .+ but only .+ available/i,
	/unable to load full model on gpu/i,
	/kiogpucommandbuffercallbackerroroutofmemory/i,
];

/** True where an engine's message says that memory did not suffice. */
export function saysOutOfMemory(text: string): boolean {
	return OUT_OF_MEMORY.some((pattern) => pattern.test(text));
}

/**
 * The error text of a JSON body: `{"error": "…"}`, `{"error": {"message": "…"}}`, or either of them as a text inside
 * the first (an engine that hands on its runner's answer). Null where the body is nothing of the kind.
 */
export function errorTextOf(body: unknown): string | null {
	if (typeof body !== "object" || body === null || !("error" in body)) return null;
	const { error } = body;
	if (typeof error === "string") return errorTextOf(parsedOrNull(error)) ?? error;
	if (typeof error === "object" && error !== null && "message" in error && typeof error.message === "string")
		return error.message;
	return null;
}

function parsedOrNull(text: string): unknown {
	if (!text.startsWith("{")) return null;
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}

/** The error for an answer whose status is not 2xx. */
export function errorOfStatus(status: number, body: string, call: CallContext): AppError {
	const text = errorTextOf(parsedOrNull(body.trimStart()));
	if (text === null) return AppError.of("engine-bad-answer", { problem: `HTTP ${status}`, url: call.url });
	if (status === 404 && call.model !== null) return AppError.of("model-not-found", { model: call.model });
	if (status === 503) return AppError.of("engine-queue-full", {});
	return errorOfText(text, call);
}

/** The error for a message of the engine: from a failed call, or in the middle of a stream under HTTP 200. */
export function errorOfText(text: string, call: CallContext): AppError {
	if (saysOutOfMemory(text)) return AppError.of("engine-out-of-memory", { model: call.model ?? "", text });
	if (call.model !== null && /^(?:pull model manifest: file does not exist|model .+ not found)/.test(text))
		return AppError.of("model-not-found", { model: call.model });
	if (text.startsWith("server busy")) return AppError.of("engine-queue-full", {});
	return AppError.of("engine-error", { text });
}

/** The error for a call that brought no answer at all, or broke before its answer was whole. */
export function errorOfTransport(thrown: unknown, call: CallContext): AppError {
	if (thrown instanceof AppError) return thrown;
	const code = transportCode(thrown);
	if (code?.startsWith("HPE_") === true)
		return AppError.of("engine-bad-answer", { problem: code, url: call.url }, thrown);
	return AppError.of("engine-unreachable", { url: call.url }, thrown);
}

/** System or undici code behind a failed request ("ECONNREFUSED"), or null. */
export function transportCode(thrown: unknown): string | null {
	for (let error = thrown, depth = 0; depth < 5; depth++) {
		if (typeof error !== "object" || error === null) return null;
		if ("code" in error && typeof error.code === "string") return error.code;
		error = error instanceof AggregateError ? error.errors[0] : "cause" in error ? error.cause : null;
	}
	return null;
}
