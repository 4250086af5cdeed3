import { AppError } from "../../shared/errors.ts";
import type { Gateway } from "./gateway/gateway.ts";
import type { StateStore } from "./state-store.ts";

/** Where the gateway listens, as the state shows it. */
export interface GatewayPort {
	/** Listens on a port, or the next free one. Rejects with `port-taken`, which the state then shows. */
	listen(port: number): Promise<void>;
	/** Lets every connection go and listens on another port. */
	move(port: number): void;
}

/** Listens and shows where. Moves come one after the other: a server that still closes cannot listen. */
export function createGatewayPort(
	gateway: Pick<Gateway, "listen" | "close">,
	state: StateStore,
): GatewayPort {
	let moving: Promise<void> = Promise.resolve();

	async function listen(port: number): Promise<void> {
		try {
			const got = await gateway.listen(port);
			state.update((now) => ({
				...now,
				gateway: { port: got.port, wantedPort: port !== 0 && got.port !== port ? port : null, error: null },
			}));
		} catch (thrown) {
			const error = AppError.wrap(thrown);
			state.update((now) => ({
				...now,
				gateway: { port: null, wantedPort: port, error: error.serialize() },
			}));
			throw error;
		}
	}

	return {
		listen,
		move(port) {
			moving = moving
				.then(() => gateway.close())
				.then(() => listen(port))
				.catch(() => undefined);
		},
	};
}
