import { networkInterfaces } from "node:os";
import type { EngineLocality } from "../../../shared/engine-state.ts";
import type { LocalityFacts, LocalityOf } from "./machine-view.ts";

/**
 * Says whether an engine shares this machine's memory. An engine on another host is `remote`; one here of which no
 * process can be seen is `unseen` (a container or another user's), which also holds while it has nothing loaded.
 */
export const localityOf: LocalityOf = (facts: LocalityFacts): EngineLocality => {
	if (!isThisMachine(facts.url)) return "remote";
	return facts.engineSeen ? "local" : "unseen";
};

/** True for loopback, the unspecified address and every address of this machine. */
export function isThisMachine(
	url: string,
	ownAddresses: () => readonly string[] = machineAddresses,
): boolean {
	let host: string;
	try {
		host = new URL(url).hostname.replace(/^\[|\]$/g, "").toLowerCase();
	} catch {
		return false;
	}
	if (host === "localhost" || host.endsWith(".localhost") || host === "::1" || host === "::") return true;
	if (/^127(\.\d{1,3}){3}$/.test(host) || host === "0.0.0.0") return true;
	// An IPv4 address written as IPv6 comes out of the URL parser in hexadecimal.
	const mapped = /^::ffff:([0-9a-f]{1,4}):[0-9a-f]{1,4}$/.exec(host);
	if (mapped !== null) return Number.parseInt(mapped[1] ?? "0", 16) >> 8 === 127;
	return ownAddresses().includes(host);
}

function machineAddresses(): readonly string[] {
	return Object.values(networkInterfaces()).flatMap((addresses) =>
		(addresses ?? []).map(({ address }) => address.toLowerCase()),
	);
}
