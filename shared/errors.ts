import type { Message, MessageId, MessageParams } from "./messages/message.ts";

/** One row of the error table: how a code is spoken on each side of Plimsoll. */
interface ErrorRow {
	/** HTTP status. */
	readonly http: number;
	/** JSON-RPC code for MCP. */
	readonly mcp: number;
	/** Exit code of the command line. */
	readonly exit: number;
}

/**
 * The one table of everything that can go wrong. Exit codes: 1 failed, 2 wrong call, 3 no Plimsoll, 4 engine away,
 * 5 refused for memory, 6 not confirmed, 7 locked or taken, 130 cancelled.
 */
export const ERROR_TABLE = {
	"invalid-argument": { http: 400, mcp: -32602, exit: 2 },
	forbidden: { http: 403, mcp: -32001, exit: 1 },
	unauthorized: { http: 401, mcp: -32001, exit: 1 },
	"not-found": { http: 404, mcp: -32601, exit: 2 },
	"method-not-allowed": { http: 405, mcp: -32601, exit: 2 },
	"unsupported-media-type": { http: 415, mcp: -32600, exit: 2 },
	"body-too-large": { http: 413, mcp: -32600, exit: 2 },
	"request-timeout": { http: 408, mcp: -32600, exit: 1 },
	"model-not-found": { http: 404, mcp: -32002, exit: 2 },
	"not-in-registry": { http: 404, mcp: -32002, exit: 2 },
	"model-not-loaded": { http: 404, mcp: -32002, exit: 2 },
	"model-busy": { http: 409, mcp: -32003, exit: 1 },
	"not-available": { http: 501, mcp: -32601, exit: 1 },
	"model-in-cloud": { http: 409, mcp: -32003, exit: 2 },
	"no-member": { http: 404, mcp: -32002, exit: 2 },
	"no-member-fits": { http: 507, mcp: -32004, exit: 5 },
	"memory-too-low": { http: 507, mcp: -32004, exit: 5 },
	"engine-ceiling": { http: 507, mcp: -32004, exit: 5 },
	"load-out-of-memory": { http: 507, mcp: -32004, exit: 5 },
	"memory-critical": { http: 503, mcp: -32004, exit: 5 },
	"ended-for-memory": { http: 503, mcp: -32004, exit: 5 },
	"load-ended-for-memory": { http: 507, mcp: -32004, exit: 5 },
	cancelled: { http: 499, mcp: -32005, exit: 130 },
	"engine-unreachable": { http: 502, mcp: -32006, exit: 4 },
	"engine-not-installed": { http: 502, mcp: -32006, exit: 4 },
	"engine-timeout": { http: 504, mcp: -32006, exit: 4 },
	"engine-error": { http: 502, mcp: -32007, exit: 1 },
	"engine-bad-answer": { http: 502, mcp: -32007, exit: 4 },
	"engine-out-of-memory": { http: 507, mcp: -32004, exit: 5 },
	"engine-queue-full": { http: 503, mcp: -32008, exit: 1 },
	"engine-is-plimsoll": { http: 508, mcp: -32007, exit: 4 },
	"stream-broken": { http: 502, mcp: -32007, exit: 1 },
	"answer-interrupted": { http: 502, mcp: -32007, exit: 1 },
	"picture-heic": { http: 415, mcp: -32602, exit: 2 },
	"picture-unreadable": { http: 415, mcp: -32602, exit: 2 },
	"too-many-pictures": { http: 400, mcp: -32602, exit: 2 },
	"cannot-see-pictures": { http: 400, mcp: -32602, exit: 2 },
	"question-too-long": { http: 400, mcp: -32602, exit: 2 },
	"load-not-confirmed": { http: 502, mcp: -32007, exit: 6 },
	"release-not-confirmed": { http: 504, mcp: -32007, exit: 6 },
	"process-changed": { http: 409, mcp: -32003, exit: 1 },
	"process-not-ended": { http: 502, mcp: -32007, exit: 6 },
	"settings-invalid": { http: 400, mcp: -32602, exit: 2 },
	"storage-full": { http: 507, mcp: -32009, exit: 1 },
	"storage-failed": { http: 500, mcp: -32009, exit: 1 },
	"data-dir-locked": { http: 409, mcp: -32009, exit: 7 },
	"port-taken": { http: 409, mcp: -32009, exit: 7 },
	"not-running": { http: 503, mcp: -32006, exit: 3 },
	internal: { http: 500, mcp: -32603, exit: 1 },
} as const satisfies Record<string, ErrorRow>;

/** Everything that can go wrong, by name. */
export type ErrorCode = keyof typeof ERROR_TABLE;

/** An error as it crosses a boundary: IPC, WebSocket, HTTP, MCP. */
export interface SerializedError {
	readonly code: ErrorCode;
	readonly params: Readonly<Record<string, string | number>>;
}

type ParamsOfCode<Code extends ErrorCode> = `error.${Code}` extends MessageId
	? MessageParams<`error.${Code}`> &
			(`error.${Code}.next` extends MessageId ? MessageParams<`error.${Code}.next`> : object)
	: never;

/** The one error of Plimsoll: a code, the figures its sentence needs, and what caused it. */
export class AppError extends Error {
	readonly code: ErrorCode;
	readonly params: Readonly<Record<string, string | number>>;

	private constructor(code: ErrorCode, params: Readonly<Record<string, string | number>>, cause?: unknown) {
		super(`${code} ${JSON.stringify(params)}`, cause === undefined ? undefined : { cause });
		this.name = "AppError";
		this.code = code;
		this.params = params;
	}

	/** Makes an error; its parameters are checked against its sentence by the compiler. */
	static of<Code extends ErrorCode>(code: Code, params: ParamsOfCode<Code>, cause?: unknown): AppError {
		return new AppError(code, params, cause);
	}

	/** Takes an error back from the other side of a boundary. */
	static from(error: SerializedError): AppError {
		return new AppError(error.code, error.params);
	}

	/** Any thrown value as an AppError; what is not one becomes `internal`. */
	static wrap(thrown: unknown): AppError {
		if (thrown instanceof AppError) return thrown;
		const problem = thrown instanceof Error ? thrown.message : String(thrown);
		return new AppError("internal", { problem }, thrown);
	}

	/** HTTP status by the table. */
	get status(): number {
		return ERROR_TABLE[this.code].http;
	}

	/** Exit code of the command line by the table. */
	get exitCode(): number {
		return ERROR_TABLE[this.code].exit;
	}

	/** What went wrong, for a person. */
	get said(): Message {
		return { id: `error.${this.code}` as MessageId, params: this.params };
	}

	/** What to do next, for a person. */
	get next(): Message {
		return { id: `error.${this.code}.next` as MessageId, params: this.params };
	}

	/** The form that crosses boundaries. */
	serialize(): SerializedError {
		return { code: this.code, params: this.params };
	}
}
