import { join } from "node:path";
import type {
	Clock,
	ConversationStore,
	HistoryStore,
	Log,
	Paths,
	PictureFiles,
	Secrets,
	Stop,
} from "../ports.ts";
import { createConversationStore } from "./conversation-store.ts";
import { createHistoryStore } from "./history-store.ts";
import { createPictureFiles } from "./picture-files.ts";
import { createSecrets } from "./secrets.ts";
import { createSettingsStore, type SettingsFileStore } from "./settings-store.ts";
import type { StoreNotice } from "./store-notice.ts";
import { removeTemporaries } from "./write-atomically.ts";

/** Everything that survives a restart. */
export interface Store {
	readonly settings: SettingsFileStore;
	readonly history: HistoryStore;
	readonly conversations: ConversationStore;
	readonly pictures: PictureFiles;
	readonly secrets: Secrets;
	/** Tells what the store met on its own; what came before the first listener is told to that one at once. */
	onNotice(listener: (notice: StoreNotice) => void): Stop;
	close(): void;
}

/** What a store is made of. */
export interface OpenStoreOptions {
	readonly paths: Paths;
	readonly clock: Clock;
	readonly log: Log;
}

/**
 * Opens settings, history, conversations and secrets of a data folder. Only for the process that holds its lock. Does not fail: a
 * broken settings file, a damaged database and a full disk are told as notices and by `settings.refusal()`.
 */
export async function openStore({ paths, clock, log }: OpenStoreOptions): Promise<Store> {
	const room = log.child("store");
	const listeners = new Set<(notice: StoreNotice) => void>();
	let early: readonly StoreNotice[] = [];
	const onNotice = (notice: StoreNotice) => {
		if (listeners.size === 0) early = [...early, notice];
		for (const listener of listeners) listener(notice);
	};
	const { settingsFile, databaseFile, conversationsFile, picturesDir, apiFile, dataDir } = paths;
	const replaced = [
		settingsFile,
		join(dataDir, "settings.accepted.json"),
		apiFile,
		join(dataDir, "gateway-token"),
	];
	for (const file of replaced)
		await removeTemporaries(file).catch((thrown) =>
			room.warn("leftovers not removed", { file, problem: String(thrown) }),
		);
	const settings = createSettingsStore({ file: settingsFile, clock, log: room, onNotice });
	const history = createHistoryStore({ file: databaseFile, clock, log: room, onNotice });
	const conversations = createConversationStore({ file: conversationsFile, clock, log: room, onNotice });
	return {
		settings,
		history,
		conversations,
		pictures: createPictureFiles(picturesDir),
		secrets: createSecrets(paths),
		onNotice(listener) {
			listeners.add(listener);
			const untold = early;
			early = [];
			for (const notice of untold) listener(notice);
			return () => listeners.delete(listener);
		},
		close() {
			settings.close();
			history.close();
			conversations.close();
		},
	};
}
