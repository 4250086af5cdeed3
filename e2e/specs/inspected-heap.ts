import { readFileSync } from "node:fs";
import { WebSocket } from "ws";

/** What a Node process holds after a forced collection, bytes. */
export interface HeldMemory {
	readonly heapBytes: number;
	/** Resident, by /proc; null where there is none. */
	readonly rssBytes: number | null;
}

/** Asks the inspector of a process (the `ws:` address it prints under `--inspect`) to collect, then reads. */
export async function heldMemory(inspectorUrl: string, pid: number): Promise<HeldMemory> {
	const socket = new WebSocket(inspectorUrl);
	await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
	let calls = 0;
	async function call(method: string): Promise<Record<string, unknown>> {
		const id = ++calls;
		const answer = new Promise<Record<string, unknown>>((resolve) => {
			socket.on("message", (data: Buffer) => {
				const said = JSON.parse(data.toString()) as { id?: number; result?: Record<string, unknown> };
				if (said.id === id) resolve(said.result ?? {});
			});
		});
		socket.send(JSON.stringify({ id, method }));
		return answer;
	}
	// What a first collection finalizes, a second one frees.
	await call("HeapProfiler.collectGarbage");
	await call("HeapProfiler.collectGarbage");
	const heapBytes = Number((await call("Runtime.getHeapUsage")).usedSize);
	socket.close();
	return { heapBytes, rssBytes: rssOf(pid) };
}

function rssOf(pid: number): number | null {
	try {
		const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
		return kilobytes === undefined ? null : Number(kilobytes) * 1024;
	} catch {
		return null;
	}
}
