/** Names under which a program on this machine, or in a container on it, may call the gateway. */
const HOST_NAMES = ["127.0.0.1", "localhost", "[::1]", "host.docker.internal"] as const;

/** Whose calls are taken, for one port and one list of allowed web pages. */
export interface OriginPolicy {
	/** Host headers that name this server. */
	readonly hosts: ReadonlySet<string>;
	/** Origins of pages that this server itself has served. */
	readonly ownOrigins: ReadonlySet<string>;
	/** Origins of other pages that the user has allowed. */
	readonly allowedOrigins: ReadonlySet<string>;
}

/** The origin of a URL as a browser writes it, or null where it is no web address. */
function originOf(url: string): string | null {
	try {
		return new URL(url).origin;
	} catch {
		return null;
	}
}

/** Works the policy out; the Host must carry the port, so that no name rebound to this machine gets through. */
export function originPolicy(port: number, allowed: readonly string[]): OriginPolicy {
	const hosts = HOST_NAMES.map((name) => `${name}:${port}`);
	return {
		hosts: new Set(hosts),
		ownOrigins: new Set(hosts.map((host) => `http://${host}`)),
		allowedOrigins: new Set(
			allowed.map(originOf).filter((origin) => origin !== null && origin !== "null"),
		) as Set<string>,
	};
}
