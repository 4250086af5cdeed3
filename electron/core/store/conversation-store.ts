import type { ChatMessage, ConversationRow, FoundConversation } from "../../../shared/chat.ts";
import type { Clock, ConversationStore, KeptConversation, Log } from "../ports.ts";
import {
	CONVERSATION_ROWS,
	CONVERSATION_SCHEMA,
	conversationOf,
	endInterrupted,
	messageOf,
	putMessage,
	removeMessages,
} from "./conversation-schema.ts";
import { excerptOf, type TextQuery, textQuery } from "./find-text.ts";
import { createKeptDatabase, type KeptDatabase } from "./kept-database.ts";
import type { Database, Row } from "./sqlite-driver.ts";
import type { StoreNotice } from "./store-notice.ts";

/** What a store of conversations is made of. */
export interface ConversationStoreOptions {
	readonly file: string;
	readonly clock: Clock;
	readonly log: Log;
	readonly onNotice: (notice: StoreNotice) => void;
}

/** Changes that wait in memory for a disk that takes them; the oldest give way. */
const MAX_WAITING = 1_000;

/** Conversations that a search finds, and the newest messages it looks at for that. */
const MAX_FOUND = 50;
const MAX_HITS = 2_000;

type Work = (db: Database) => void;

function numberOf(db: Database, id: string): number | null {
	const row = db.get("SELECT number FROM conversations WHERE id = ?", [id]);
	return row === null || row === undefined ? null : Number(row.number);
}

class SqliteConversations implements ConversationStore {
	readonly #kept: KeptDatabase;
	readonly #clock: Clock;
	#waiting: readonly Work[] = [];

	constructor(options: ConversationStoreOptions) {
		this.#clock = options.clock;
		this.#kept = createKeptDatabase({
			...options,
			what: "conversations",
			schema: CONVERSATION_SCHEMA,
			// Ten thousand messages with their index take a second to read, and every start would wait for it.
			verify: false,
			written: () => {
				this.#waiting = [];
			},
		});
		this.#write((db) => {
			endInterrupted(db);
			this.#purge(db);
		});
	}

	save(conversation: KeptConversation): void {
		const { id, title, systemPrompt, model, member } = conversation;
		const at = this.#clock.now();
		this.#write((db) =>
			db.run(
				`INSERT INTO conversations (id, title, system_prompt, model, member, at) VALUES (?, ?, ?, ?, ?, ?)
				ON CONFLICT (id) DO UPDATE SET title = excluded.title, system_prompt = excluded.system_prompt,
					model = excluded.model, member = excluded.member`,
				[id, title, systemPrompt, model, member, at],
			),
		);
	}

	put(conversationId: string, message: ChatMessage): void {
		this.#write((db) => {
			const number = numberOf(db, conversationId);
			if (number === null) return;
			putMessage(db, number, message);
			db.run("UPDATE conversations SET at = max(at, ?) WHERE number = ?", [Math.round(message.at), number]);
		});
	}

	removeAfter(conversationId: string, messageId: string, inclusive: boolean): void {
		this.#write((db) => {
			const number = numberOf(db, conversationId);
			const seq = db.get("SELECT seq FROM messages WHERE id = ?", [messageId])?.seq ?? null;
			if (number === null || seq === null) return;
			removeMessages(db, `conversation = ? AND seq ${inclusive ? ">=" : ">"} ?`, [number, Number(seq)]);
		});
	}

	open(id: string): KeptConversation | null {
		const [row] = this.#kept.read((db) =>
			db.all("SELECT * FROM conversations WHERE id = ? AND deleted_at IS NULL", [id]),
		);
		if (row === undefined) return null;
		return {
			id,
			title: String(row.title),
			systemPrompt: String(row.system_prompt),
			model: row.model === null ? null : String(row.model),
			member: row.member === null ? null : String(row.member),
		};
	}

	messages(conversationId: string, limit: number, beforeId: string | null): readonly ChatMessage[] {
		const rows = this.#kept.read((db) => {
			const number = numberOf(db, conversationId);
			const before =
				beforeId === null
					? Number.MAX_SAFE_INTEGER
					: Number(db.get("SELECT seq FROM messages WHERE id = ?", [beforeId])?.seq ?? 0);
			return number === null
				? []
				: db.all("SELECT * FROM messages WHERE conversation = ? AND seq < ? ORDER BY seq DESC LIMIT ?", [
						number,
						before,
						limit,
					]);
		});
		return rows.map(messageOf).toReversed();
	}

	countMessages(conversationId: string): number {
		const [row] = this.#kept.read((db) =>
			db.all("SELECT count(*) AS count FROM messages WHERE conversation = ?", [
				numberOf(db, conversationId) ?? -1,
			]),
		);
		return Number(row?.count ?? 0);
	}

	list(limit: number, offset: number): readonly ConversationRow[] {
		return this.#kept
			.read((db) =>
				db.all(
					`${CONVERSATION_ROWS} WHERE c.deleted_at IS NULL ORDER BY c.at DESC, c.number DESC LIMIT ? OFFSET ?`,
					[limit, offset],
				),
			)
			.map(conversationOf);
	}

	count(): number {
		const [row] = this.#kept.read((db) =>
			db.all("SELECT count(*) AS count FROM conversations WHERE deleted_at IS NULL"),
		);
		return Number(row?.count ?? 0);
	}

	search(typed: string): readonly FoundConversation[] {
		const query = textQuery(typed);
		if (query === null) return [];
		return this.#kept.read((db) => {
			const found = new Map<number, number | null>();
			for (const { number } of titled(db, query)) found.set(Number(number), null);
			for (const { conversation, seq } of said(db, query)) {
				const number = Number(conversation);
				if (found.get(number) == null) found.set(number, Number(seq));
			}
			return [...found]
				.flatMap(([number, seq]) => {
					const row = db.get(`${CONVERSATION_ROWS} WHERE c.number = ? AND c.deleted_at IS NULL`, [number]);
					if (row === null || row === undefined) return [];
					const text =
						seq === null ? "" : String(db.get("SELECT text FROM messages WHERE seq = ?", [seq])?.text ?? "");
					return [{ ...conversationOf(row), excerpt: excerptOf(text, query.words) }];
				})
				.toSorted((a, b) => b.at - a.at)
				.slice(0, MAX_FOUND);
		});
	}

	rename(id: string, title: string): void {
		this.#write((db) => db.run("UPDATE conversations SET title = ? WHERE id = ?", [title, id]));
	}

	remove(id: string): void {
		const at = this.#clock.now();
		this.#write((db) => {
			// Only the last deletion can be taken back.
			this.#purge(db);
			db.run("UPDATE conversations SET deleted_at = ? WHERE id = ?", [at, id]);
		});
	}

	restore(id: string): void {
		this.#write((db) => db.run("UPDATE conversations SET deleted_at = NULL WHERE id = ?", [id]));
	}

	forgetDeleted(): void {
		this.#write((db) => this.#purge(db));
	}

	pictureIds(): ReadonlySet<string> {
		const rows = this.#kept.read((db) => db.all("SELECT DISTINCT id FROM pictures"));
		return new Set(rows.map((row) => String(row.id)));
	}

	keep(name: string, value: string): void {
		this.#write((db) => db.run("INSERT OR REPLACE INTO kept VALUES (?, ?)", [name, value]));
	}

	kept(name: string): string | null {
		const [row] = this.#kept.read((db) => db.all("SELECT value FROM kept WHERE name = ?", [name]));
		return row === undefined ? null : String(row.value);
	}

	close(): void {
		this.#kept.close();
	}

	#purge(db: Database): void {
		for (const row of db.all("SELECT number FROM conversations WHERE deleted_at IS NOT NULL"))
			removeMessages(db, "conversation = ?", [Number(row.number)]);
		db.run("DELETE FROM conversations WHERE deleted_at IS NOT NULL");
	}

	/** What could not be written before comes first, in its order. */
	#write(work: Work): void {
		this.#waiting = [...this.#waiting, work].slice(-MAX_WAITING);
		this.#kept.write((db) => {
			for (const each of this.#waiting) each(db);
		});
	}
}

/** Conversations whose title has every word. */
function titled(db: Database, query: TextQuery): readonly Row[] {
	const condition = query.words.map(() => String.raw`title LIKE ? ESCAPE '\'`).join(" AND ");
	return db.all(
		`SELECT number FROM conversations WHERE deleted_at IS NULL AND ${condition} ORDER BY at DESC LIMIT ${MAX_FOUND}`,
		query.words.map((word) => `%${word.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`),
	);
}

/** The newest messages with every word, at most one of each conversation where the index finds them. */
function said(db: Database, { match, conditions }: TextQuery): readonly Row[] {
	const short = conditions.map(({ sql }) => ` AND ${sql}`).join("");
	const values = conditions.map(({ value }) => value);
	// Read in the order of the table, newest first: an index by conversation would fetch each row from elsewhere.
	if (match === null)
		return db.all(
			`SELECT conversation, seq FROM messages NOT INDEXED WHERE TRUE${short} ORDER BY seq DESC LIMIT ${MAX_HITS}`,
			values,
		);
	const hits = `SELECT rowid AS seq FROM message_words WHERE message_words MATCH ? ORDER BY rowid DESC LIMIT ${MAX_HITS}`;
	return db.all(
		short === ""
			? `SELECT m.conversation, max(m.seq) AS seq FROM (${hits}) AS h
				JOIN messages AS m INDEXED BY message_place ON m.seq = h.seq GROUP BY m.conversation`
			: `SELECT conversation, max(seq) AS seq FROM messages WHERE seq IN (${hits})${short} GROUP BY conversation`,
		[match, ...values],
	);
}

/**
 * Opens the conversations. A message is on the disk when `put` returns. Never throws: on a disk that takes nothing,
 * changes wait in memory in their order, and the failure is told once until a write succeeds. Answers that were under
 * way when the last Plimsoll was killed are `broken` from here on, with what came of them.
 */
export function createConversationStore(options: ConversationStoreOptions): ConversationStore {
	return new SqliteConversations(options);
}
