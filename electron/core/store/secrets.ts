import { randomBytes } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Paths, Secrets } from "../ports.ts";
import { storageError, systemCode } from "./storage-error.ts";
import { writeAtomically } from "./write-atomically.ts";

const TOKEN_BYTES = 32;
/** 32 bytes as base64url without padding. */
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

async function readToken(file: string): Promise<string | null> {
	try {
		const token = (await readFile(file, "utf8")).trim();
		return TOKEN.test(token) ? token : null;
	} catch (thrown) {
		if (systemCode(thrown) === "ENOENT") return null;
		throw storageError(file, thrown);
	}
}

async function makeToken(file: string): Promise<string> {
	const token = randomBytes(TOKEN_BYTES).toString("base64url");
	try {
		await mkdir(dirname(file), { recursive: true, mode: 0o700 });
		await writeAtomically(file, `${token}\n`, 0o600);
		return token;
	} catch (thrown) {
		throw storageError(file, thrown);
	}
}

/**
 * Keeps the gateway's token in a file that only the person can read. The token is made at the first call and stays;
 * a file that holds none is replaced. The call rejects with `storage-full` or `storage-failed`.
 */
export function createSecrets({ dataDir }: Pick<Paths, "dataDir">): Secrets {
	const file = join(dataDir, "gateway-token");
	let token: Promise<string> | null = null;
	return {
		gatewayToken() {
			token ??= readToken(file).then((known) => known ?? makeToken(file));
			// A failure is not kept: the disk may have room the next time.
			token.catch(() => {
				token = null;
			});
			return token;
		},
	};
}
