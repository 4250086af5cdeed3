import type { InstalledModel } from "../../../shared/model.ts";
import type { Clock, Log } from "../ports.ts";
import type { Engine, EngineIdentity, LoadedRow } from "./engine.ts";
import type { EngineAddress } from "./engine-address.ts";
import { codeOf } from "./engine-presence.ts";
import { createSinglePoll, type SinglePoll } from "./single-poll.ts";

/** One engine at one address: who it is, and the two questions that are asked of it again and again. */
export interface EngineContact {
	readonly address: EngineAddress;
	readonly engine: Engine;
	readonly rows: SinglePoll<readonly LoadedRow[]>;
	readonly installed: SinglePoll<readonly InstalledModel[]>;
	/** Who answered last, or null before anybody did. */
	identity: EngineIdentity | null;
	/** When the installed models were last asked for, monotonic; null before. */
	installedAskedAtMs: number | null;
}

/** Who is told what a contact hears. Nothing is told once `inForce` says no. */
export interface ContactListener {
	inForce(contact: EngineContact): boolean;
	rows(rows: readonly LoadedRow[]): void;
	/** `/api/ps` took longer than it may. */
	rowsHang(): void;
	installed(models: readonly InstalledModel[]): void;
}

/** Opens a contact; nothing is asked yet. */
export function createEngineContact(
	address: EngineAddress,
	engine: Engine,
	listener: ContactListener,
	clock: Clock,
	log: Log,
): EngineContact {
	async function askRows(): Promise<readonly LoadedRow[] | null> {
		try {
			const answer = await engine.loadedRows();
			if (!listener.inForce(contact)) return null;
			listener.rows(answer);
			return answer;
		} catch (error) {
			if (listener.inForce(contact) && codeOf(error) === "engine-timeout") listener.rowsHang();
			return null;
		}
	}

	async function askInstalled(): Promise<readonly InstalledModel[] | null> {
		contact.installedAskedAtMs = clock.monotonicMs();
		try {
			const answer = await engine.installed();
			if (!listener.inForce(contact)) return null;
			listener.installed(answer);
			return answer;
		} catch (error) {
			log.debug("no list of installed models", { problem: String(error) });
			return null;
		}
	}

	const contact: EngineContact = {
		address,
		engine,
		rows: createSinglePoll(askRows, () => clock.monotonicMs()),
		installed: createSinglePoll(askInstalled, () => clock.monotonicMs()),
		identity: null,
		installedAskedAtMs: null,
	};
	return contact;
}
