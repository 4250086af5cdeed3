import { AppError } from "../../../shared/errors.ts";
import type { Reply, Transport } from "../../../shared/ipc.ts";
import { encodeArgument } from "../../../shared/plain-json.ts";
import type { Registrar } from "./registrar.ts";

/** A value as it comes out at the other end of a wire. */
function across<Value>(value: Value): Value {
	return JSON.parse(JSON.stringify(value)) as Value;
}

/** A transport within one process that carries exactly what a wire would. */
export function createMemoryTransport(registrar: Registrar): Transport {
	return {
		async invoke(channel, argument) {
			const sent: unknown = JSON.parse(encodeArgument(channel, argument));
			const reply: Reply = across(await registrar.invoke(channel, sent));
			if (reply.ok) return reply.value;
			throw AppError.from(reply.error);
		},
		subscribe(channel, listener) {
			let stopped = false;
			const stop = registrar.subscribe(channel, (payload) => {
				const copy = across(payload);
				queueMicrotask(() => {
					if (!stopped) listener(copy);
				});
			});
			return () => {
				stopped = true;
				stop();
			};
		},
	};
}
