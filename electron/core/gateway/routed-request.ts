import type { Member } from "../../../shared/router.ts";
import { type Fields, field } from "./load-request.ts";
import { decodedPath } from "./path-kind.ts";

const MINUTE_MS = 60_000;

/** Sets a key, whatever case the client wrote it in. */
function withField(fields: Fields, name: string, value: unknown): Fields {
	const others = Object.entries(fields).filter(([key]) => key.toLowerCase() !== name);
	return { ...Object.fromEntries(others), [name]: value };
}

function orElse(fields: Fields, name: string, value: unknown): Fields {
	return value === null || field(fields, name) !== undefined ? fields : withField(fields, name, value);
}

/** Puts a system prompt where a dialect has it, unless the client has brought one. */
function withSystem(fields: Fields, path: string, system: string | null): Fields {
	if (system === null) return fields;
	if (path === "/api/generate" || path === "/v1/messages") return orElse(fields, "system", system);
	if (path === "/v1/responses") return orElse(fields, "instructions", system);
	const messages = field(fields, "messages");
	if (!Array.isArray(messages)) return fields;
	const hasOne = messages.some(({ role }: Fields) => role === "system" || role === "developer");
	return hasOne ? fields : withField(fields, "messages", [{ role: "system", content: system }, ...messages]);
}

/**
 * A request's body for the member that was chosen: its model instead of the name that is routed, and what the team's list
 * says of it wherever the client has said nothing.
 */
export function bodyFor(
	target: string,
	fields: Fields,
	{ member, contextLength }: { readonly member: Member; readonly contextLength: number | null },
): Buffer {
	const path = decodedPath(target);
	let body = withSystem(withField(fields, "model", member.model), path, member.systemPrompt);
	if (path.startsWith("/api/")) {
		const options = field(body, "options");
		let chosen: Fields = typeof options === "object" && options !== null ? (options as Fields) : {};
		chosen = orElse(chosen, "temperature", member.temperature);
		chosen = orElse(chosen, "num_ctx", contextLength);
		if (Object.keys(chosen).length > 0) body = withField(body, "options", chosen);
		const minutes = member.keepAliveMinutes;
		const seconds = minutes === null ? null : minutes < 0 ? -1 : (minutes * MINUTE_MS) / 1000;
		body = orElse(body, "keep_alive", seconds);
	} else body = orElse(body, "temperature", member.temperature);
	return Buffer.from(JSON.stringify(body));
}
