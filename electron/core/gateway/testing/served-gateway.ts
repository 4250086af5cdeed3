import { afterAll, beforeAll } from "vitest";
import type { GatewayLimits } from "../gateway-deps.ts";
import { type EngineStub, startEngineStub } from "./engine-stub.ts";
import { type GatewayUnderTest, startGateway } from "./gateway-under-test.ts";

/** A gateway and the engine behind it, for the tests of one file. */
export interface ServedGateway extends Pick<GatewayUnderTest, "gateway" | "port" | "knobs"> {
	readonly engine: EngineStub;
}

/** Starts a gateway in front of a stub before the tests of a file, and ends both after them. */
export function servedGateway(limits: Partial<GatewayLimits> = {}): ServedGateway {
	let engine: EngineStub;
	let under: GatewayUnderTest;

	beforeAll(async () => {
		engine = await startEngineStub();
		under = await startGateway(engine.url, limits);
	});

	afterAll(async () => {
		await under.close();
		await engine.close();
	});

	return {
		get engine() {
			return engine;
		},
		get gateway() {
			return under.gateway;
		},
		get port() {
			return under.port;
		},
		get knobs() {
			return under.knobs;
		},
	};
}
