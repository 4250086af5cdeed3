import { isIP } from "node:net";
import type { AddressSource } from "../../../shared/engine-state.ts";

/** An address an engine may be at, and who named it. */
export interface EngineAddress {
	/** Base URL without a trailing slash. */
	readonly url: string;
	readonly source: AddressSource;
}

/** Runs a program and resolves to what it printed; rejects where it cannot be run or fails. */
export type RunProgram = (file: string, args: readonly string[]) => Promise<string>;

/** Everything that can name an engine's address. */
export interface AddressSources {
	/** `--engine`, or null. */
	readonly flag: string | null;
	/** The setting, or null. */
	readonly setting: string | null;
	readonly environment: Readonly<Record<string, string | undefined>>;
	readonly platform: NodeJS.Platform;
	/** Asks `launchctl` on macOS, where programs started from the Finder do not see the shell's environment. */
	readonly run: RunProgram;
}

/** Where Ollama listens unless told otherwise. */
export const DEFAULT_ENGINE_URL = "http://127.0.0.1:11434";

const DEFAULT_PORT = "11434";

/**
 * Reads an address by the rules of Ollama's own client: scheme and port are optional, quotes and blanks around it
 * are dropped, a scheme without a port means 80 or 443, neither means 11434, a port that is none means the default,
 * and addresses that only make sense for listening (0.0.0.0, [::], nothing) mean loopback. A path is kept.
 * Null where it cannot be an HTTP address at all.
 */
export function readEngineAddress(text: string): string | null {
	const bare = text
		.trim()
		.replace(/^["']+|["']+$/g, "")
		.trim();
	const schemeEnd = bare.indexOf("://");
	const scheme = schemeEnd === -1 ? "http" : bare.slice(0, schemeEnd).toLowerCase();
	if (scheme !== "http" && scheme !== "https") return null;
	if (bare === "ollama.com") return "https://ollama.com:443";
	const defaultPort = schemeEnd === -1 ? DEFAULT_PORT : scheme === "https" ? "443" : "80";
	const rest = schemeEnd === -1 ? bare : bare.slice(schemeEnd + 3);
	const pathAt = rest.indexOf("/");
	const hostAndPort = pathAt === -1 ? rest : rest.slice(0, pathAt);
	const path = pathAt === -1 ? "" : rest.slice(pathAt).replace(/\/+$/, "");
	// Credentials are not for an address: Ollama's client reads none, and they would stand in logs.
	if (hostAndPort.includes("@")) return null;
	const { host, port } = splitHostAndPort(hostAndPort);
	const checkedPort = port !== null && /^\d+$/.test(port) && Number(port) <= 65535 ? port : defaultPort;
	const url = `${scheme}://${connectable(host)}:${checkedPort}${path}`;
	return isHttpUrl(url) ? url : null;
}

function splitHostAndPort(text: string): { readonly host: string; readonly port: string | null } {
	const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
	if (bracketed !== null) return { host: bracketed[1] ?? "", port: bracketed[2] ?? null };
	if (isIP(text) === 6) return { host: text, port: null };
	const colon = text.lastIndexOf(":");
	if (colon === -1) return { host: text, port: null };
	return { host: text.slice(0, colon), port: text.slice(colon + 1) };
}

function connectable(host: string): string {
	if (host === "" || host === "0.0.0.0") return "127.0.0.1";
	if (isIP(host) !== 6) return host;
	return /^[0:]+$/.test(host) ? "[::1]" : `[${host}]`;
}

function isHttpUrl(url: string): boolean {
	try {
		const parsed = new URL(url);
		return parsed.search === "" && parsed.hash === "";
	} catch {
		return false;
	}
}

/** True where an address is on this machine's loopback. */
export function isLoopbackUrl(url: string): boolean {
	const host = new URL(url).hostname;
	return host === "localhost" || host === "[::1]" || /^127(\.\d+){3}$/.test(host);
}

/**
 * Addresses in the order they count: flag, PLIMSOLL_ENGINE, setting, OLLAMA_HOST, on macOS OLLAMA_HOST as launchd
 * knows it, Ollama's default. The first is the engine's; the next ones are used only where it turns out to be
 * Plimsoll itself. What cannot be an address is left out, and so is one that was named before.
 */
export async function engineAddresses(sources: AddressSources): Promise<readonly EngineAddress[]> {
	const { environment } = sources;
	const named: readonly (readonly [AddressSource, string | null | undefined])[] = [
		["flag", sources.flag],
		["PLIMSOLL_ENGINE", environment.PLIMSOLL_ENGINE],
		["settings", sources.setting],
		["OLLAMA_HOST", environment.OLLAMA_HOST],
		["launchctl", await hostFromLaunchd(sources)],
		["default", DEFAULT_ENGINE_URL],
	];
	const addresses: EngineAddress[] = [];
	for (const [source, text] of named) {
		if (text === null || text === undefined || text.trim() === "") continue;
		const url = readEngineAddress(text);
		if (url !== null && !addresses.some((known) => known.url === url)) addresses.push({ url, source });
	}
	return addresses;
}

async function hostFromLaunchd(sources: AddressSources): Promise<string | null> {
	if (sources.platform !== "darwin") return null;
	try {
		return await sources.run("/bin/launchctl", ["getenv", "OLLAMA_HOST"]);
	} catch {
		return null;
	}
}
