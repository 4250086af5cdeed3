import { writeSync } from "node:fs";
import { AppError } from "../../../../shared/errors.ts";
import { lockDataDir } from "../data-dir-lock.ts";

/**
 * Waits for a line on its input, then tries to lock the folder of its argument; says `locked` or `refused CODE PID`,
 * and keeps the lock until its input ends.
 */
async function contend(): Promise<void> {
	try {
		const lock = await lockDataDir({ dataDir: process.argv[2] ?? "" });
		process.stdin.once("end", () => lock.release());
		writeSync(1, "locked\n");
	} catch (thrown) {
		const { code, params } = AppError.wrap(thrown);
		writeSync(1, `refused ${code} ${params.pid}\n`);
		process.stdin.destroy();
	}
}

process.stdin.once("data", () => void contend());
writeSync(1, "waiting\n");
