import type { z } from "zod";
import type { GatewayDeps, GatewayLimits } from "./gateway-deps.ts";

/** JSON with its status, or a stream of server-sent events. */
export type RouteAnswer =
	| { readonly kind: "json"; readonly status: number; readonly body: Readonly<Record<string, unknown>> }
	| { readonly kind: "events"; readonly stream: ReadableStream<Uint8Array> };

/** A checked call of a route. */
export interface RouteCall<Params, Query, Body> {
	readonly params: Params;
	readonly query: Query;
	readonly body: Body;
	readonly lastEventId: string | null;
	/** Aborted when the client leaves. */
	readonly signal: AbortSignal;
	readonly deps: GatewayDeps;
	readonly limits: GatewayLimits;
}

/** One answer that a route may give. */
export interface RouteResponse {
	readonly status: number;
	readonly when: string;
	/** Absent where the answer is not JSON. */
	readonly body?: z.ZodType;
}

interface RouteShape<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> {
	readonly method: "GET" | "POST" | "DELETE";
	/** `{id}` takes a model's name, which may hold `/` and `:`. */
	readonly path: string;
	/** Its key in the list that `GET /` gives. */
	readonly name: string;
	readonly summary: string;
	readonly description: string;
	readonly params: Params;
	readonly query: Query;
	readonly body: Body;
	readonly responses: readonly RouteResponse[];
	readonly handler: (
		call: RouteCall<z.output<Params>, z.output<Query>, z.output<Body>>,
	) => Promise<RouteAnswer>;
}

/** A route of Plimsoll's own, declared once: the server, its documentation and its tests are made from it. */
export type Route = Omit<RouteShape<z.ZodType, z.ZodType, z.ZodType>, "handler"> & {
	readonly handler: (call: RouteCall<unknown, unknown, unknown>) => Promise<RouteAnswer>;
};

/** Declares a route; its handler is given what its schemas let through. */
export function route<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType>(
	shape: RouteShape<Params, Query, Body>,
): Route {
	return shape as unknown as Route;
}

/** A JSON answer. */
export function json(status: number, body: Readonly<Record<string, unknown>>): RouteAnswer {
	return { kind: "json", status, body };
}
