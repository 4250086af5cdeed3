import type { SerializedError } from "../shared/errors.ts";
import type { RendererApi } from "../shared/ipc.ts";

declare global {
	interface Window {
		/** Core's side of the contract, put there by the preload or the browser bridge before the page runs. */
		readonly plimsoll: RendererApi;
	}
}

/** Core, as the popover reaches it. */
export const api: RendererApi = window.plimsoll;

/** What a rejected call carries over any transport; anything else is an internal error. */
export function errorOf(thrown: unknown): SerializedError {
	if (typeof thrown === "object" && thrown !== null && "code" in thrown && "params" in thrown) {
		const { code, params } = thrown as SerializedError;
		return { code, params };
	}
	return { code: "internal", params: { problem: thrown instanceof Error ? thrown.message : String(thrown) } };
}
