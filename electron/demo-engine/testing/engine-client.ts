import type { DemoControl } from "../http/demo-routes.ts";

/** One runner as `/demo/machine` tells it. */
export interface MachineRunner {
	readonly pid: number;
	readonly parent_pid: number;
	readonly model: string;
	readonly command_line: string;
	readonly cpu_time_ms: number;
	readonly memory_bytes: number;
}

/** The answer of `/demo/machine`. */
export interface MachineAnswer {
	readonly total_bytes: number;
	readonly others_bytes: number;
	readonly available_bytes: number;
	readonly swap_used_bytes: number;
	readonly swap_outs_bytes: number;
	readonly kernel_level: 1 | 2 | 4;
	readonly runners: readonly MachineRunner[];
}

/** A row of `/api/ps`. */
export interface PsRow {
	readonly name: string;
	readonly digest: string;
	readonly size: number;
	readonly size_vram: number;
	readonly expires_at: string;
	readonly context_length: number;
	readonly runner?: string;
}

/** Answer of a request: the parsed JSON, or the lines of a stream. */
export interface Answered {
	readonly status: number;
	readonly headers: Headers;
	readonly text: string;
	readonly json: Readonly<Record<string, unknown>>;
}

/** Requests to a demo engine under test. */
export function clientOf(url: string) {
	const post = async (path: string, body: unknown, signal?: AbortSignal): Promise<Answered> => {
		const response = await fetch(`${url}${path}`, {
			method: "POST",
			body: JSON.stringify(body),
			...(signal === undefined ? {} : { signal }),
		});
		const text = await response.text();
		return { status: response.status, headers: response.headers, text, json: parsed(text) };
	};
	const get = async <T>(path: string): Promise<T> => (await (await fetch(`${url}${path}`)).json()) as T;
	return {
		post,
		get,
		load: (model: string, more: object = {}) => post("/api/generate", { model, ...more }),
		unload: (model: string) => post("/api/generate", { model, keep_alive: 0 }),
		ps: async () => (await get<{ models: readonly PsRow[] }>("/api/ps")).models,
		machine: () => get<MachineAnswer>("/demo/machine"),
		control: (body: DemoControl) => post("/demo/control", body),
	};
}

/** The lines of an NDJSON body. */
export function linesOf(text: string): readonly Readonly<Record<string, unknown>>[] {
	return text
		.split("\n")
		.filter((line) => line !== "")
		.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}

function parsed(text: string): Readonly<Record<string, unknown>> {
	try {
		return JSON.parse(text) as Readonly<Record<string, unknown>>;
	} catch {
		return {};
	}
}
