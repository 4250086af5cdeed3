import { message } from "../../../shared/messages/message.ts";
import type { GatewayDeps } from "./gateway-deps.ts";

const QUIET_MS = 60_000;

/** Pages that are remembered at once; a page that makes names up gets no more events than this a minute. */
const MAX_ORIGINS = 20;

/** Makes an event of a page that was turned away, at most once a minute for each. */
export function createRefusedOrigins(
	deps: Pick<GatewayDeps, "recordEvent" | "clock">,
): (origin: string) => void {
	const toldAtMs = new Map<string, number>();
	return (origin) => {
		const nowMs = deps.clock.monotonicMs();
		for (const [known, atMs] of toldAtMs) if (nowMs - atMs >= QUIET_MS) toldAtMs.delete(known);
		if (toldAtMs.has(origin) || toldAtMs.size >= MAX_ORIGINS) return;
		toldAtMs.set(origin, nowMs);
		deps.recordEvent({
			at: deps.clock.now(),
			kind: "gateway",
			severity: "warning",
			message: message("event.origin-refused", { origin }),
			data: { origin },
		});
	};
}
