import type { Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { AppError } from "../../../shared/errors.ts";

/** Ports that are tried after the wanted one. */
const PORTS_TO_TRY = 50;

/** How long a port is listened to for somebody who answers behind it. */
const PROBE_MS = 300;

function bind(server: Server, host: string, port: number): Promise<number> {
	return new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen({ host, port, exclusive: true }, () => {
			server.off("error", reject);
			resolve((server.address() as AddressInfo).port);
		});
	});
}

/** Somebody who listens on every address can share a port with us on macOS, so the port itself is asked. */
function somebodyAnswers(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect({ host: "127.0.0.1", port });
		const done = (answer: boolean): void => {
			socket.destroy();
			resolve(answer);
		};
		socket.setTimeout(PROBE_MS, () => done(false));
		socket.once("connect", () => done(true));
		socket.once("error", () => done(false));
	});
}

function isTaken(thrown: unknown): boolean {
	const { code } = thrown as NodeJS.ErrnoException;
	return code === "EADDRINUSE" || code === "EACCES";
}

/** Closes a server without waiting for anybody. */
export function closeNow(server: Server): Promise<void> {
	return new Promise((resolve) => {
		server.close(() => resolve());
		server.closeAllConnections();
	});
}

/**
 * Listens on 127.0.0.1 and, where the machine has it, on ::1, both on one port: the wanted one, else the next that
 * is free. Port 0 takes any. Rejects with `port-taken` where none of the next fifty is free.
 */
export async function listenOnLoopback(
	ipv4: Server,
	ipv6: Server,
	wantedPort: number,
): Promise<{ readonly port: number; readonly ipv6: boolean }> {
	for (let step = 0; step <= PORTS_TO_TRY; step += 1) {
		const tried = wantedPort === 0 ? 0 : wantedPort + step;
		if (tried > 65_535) break;
		if (tried !== 0 && (await somebodyAnswers(tried))) continue;
		let port: number;
		try {
			port = await bind(ipv4, "127.0.0.1", tried);
		} catch (thrown) {
			if (isTaken(thrown)) continue;
			throw AppError.wrap(thrown);
		}
		try {
			await bind(ipv6, "::1", port);
			return { port, ipv6: true };
		} catch (thrown) {
			if (!isTaken(thrown)) return { port, ipv6: false };
			await closeNow(ipv4);
		}
	}
	throw AppError.of("port-taken", { port: wantedPort });
}
