import type { ChatMessage, ConversationRow } from "../../../shared/chat.ts";
import type { SchemaSteps } from "./open-database.ts";
import type { Database, Row } from "./sqlite-driver.ts";

/**
 * The schema of conversations, step by step; a step that was released is never changed.
 *
 * The index of words keeps no text of its own and is written when a message has ended: indexing a growing answer again
 * and again would cost more than the answer. `message_place` answers “which conversation” without reading the text.
 */
export const CONVERSATION_SCHEMA: SchemaSteps = [
	`CREATE TABLE conversations (
		number INTEGER PRIMARY KEY AUTOINCREMENT,
		id TEXT NOT NULL UNIQUE,
		title TEXT NOT NULL,
		system_prompt TEXT NOT NULL,
		model TEXT,
		member TEXT,
		at INTEGER NOT NULL,
		deleted_at INTEGER
	);
	CREATE INDEX conversations_by_time ON conversations (at DESC, number DESC) WHERE deleted_at IS NULL;
	CREATE TABLE messages (
		seq INTEGER PRIMARY KEY AUTOINCREMENT,
		id TEXT NOT NULL UNIQUE,
		conversation INTEGER NOT NULL,
		role TEXT NOT NULL,
		state TEXT NOT NULL,
		at INTEGER NOT NULL,
		model TEXT,
		details TEXT NOT NULL,
		thinking TEXT NOT NULL,
		text TEXT NOT NULL
	);
	CREATE INDEX messages_by_conversation ON messages (conversation, seq, role, model);
	CREATE INDEX message_place ON messages (seq, conversation);
	CREATE INDEX messages_under_way ON messages (state) WHERE state IN ('waiting', 'streaming');
	CREATE VIRTUAL TABLE message_words USING fts5 (
		text, content = '', contentless_delete = 1, tokenize = 'trigram'
	);
	CREATE TABLE pictures (
		id TEXT NOT NULL,
		message TEXT NOT NULL,
		PRIMARY KEY (id, message)
	) WITHOUT ROWID;
	CREATE TABLE kept (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID`,
];

/** Characters of a message that are indexed; a pasted log of megabytes would take seconds, and nobody looks for its middle. */
const INDEXED_CHARACTERS = 100_000;

const HAS_ENDED: readonly ChatMessage["state"][] = ["done", "stopped", "broken"];

function detailsOf(message: ChatMessage): string {
	const { pictures, route, leftOut, contextTokens, error, figures } = message;
	return JSON.stringify({ pictures, route, leftOut, contextTokens, error, figures });
}

/** Writes a message in place of what was known of it; a new one comes last. */
export function putMessage(db: Database, conversation: number, message: ChatMessage): void {
	const { id, role, state, at, model, thinking, text } = message;
	db.run(
		`INSERT INTO messages (id, conversation, role, state, at, model, details, thinking, text)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, model = excluded.model,
			details = excluded.details, thinking = excluded.thinking, text = excluded.text`,
		[id, conversation, role, state, at, model, detailsOf(message), thinking, text],
	);
	for (const picture of message.pictures)
		db.run("INSERT OR IGNORE INTO pictures VALUES (?, ?)", [picture.id, id]);
	if (HAS_ENDED.includes(state)) indexWords(db, id);
}

/** Makes a message's text found. */
function indexWords(db: Database, id: string): void {
	db.run("DELETE FROM message_words WHERE rowid = (SELECT seq FROM messages WHERE id = ?)", [id]);
	db.run(
		"INSERT INTO message_words (rowid, text) SELECT seq, substr(text, 1, ?) FROM messages WHERE id = ? AND text <> ''",
		[INDEXED_CHARACTERS, id],
	);
}

/** Removes messages, their words and their pictures' mention; `where` names them. */
export function removeMessages(db: Database, where: string, values: readonly (string | number)[]): void {
	const bound = [...values];
	db.run(`DELETE FROM message_words WHERE rowid IN (SELECT seq FROM messages WHERE ${where})`, bound);
	db.run(`DELETE FROM pictures WHERE message IN (SELECT id FROM messages WHERE ${where})`, bound);
	db.run(`DELETE FROM messages WHERE ${where}`, bound);
}

/** Answers that were under way when Plimsoll was killed end as broken, with what came of them. */
export function endInterrupted(db: Database): void {
	const rows = db.all("SELECT id, details FROM messages WHERE state IN ('waiting', 'streaming')");
	for (const { id, details } of rows) {
		const known = JSON.parse(String(details)) as Record<string, unknown>;
		const broken = JSON.stringify({ ...known, error: { code: "answer-interrupted", params: {} } });
		db.run("UPDATE messages SET state = 'broken', details = ? WHERE id = ?", [broken, String(id)]);
		indexWords(db, String(id));
	}
}

/** A row of `messages` as the message it holds. */
export function messageOf(row: Row): ChatMessage {
	const details = JSON.parse(String(row.details)) as Pick<
		ChatMessage,
		"pictures" | "route" | "leftOut" | "contextTokens" | "error" | "figures"
	>;
	return {
		id: String(row.id),
		role: String(row.role) as ChatMessage["role"],
		text: String(row.text),
		thinking: String(row.thinking),
		at: Number(row.at),
		state: String(row.state) as ChatMessage["state"],
		model: row.model === null ? null : String(row.model),
		steps: [],
		expectedLoadMs: null,
		...details,
	};
}

/** What a conversation's row in the list is made of; to be followed by a WHERE over `conversations AS c`. */
export const CONVERSATION_ROWS = `SELECT c.id, c.title, c.at,
	(SELECT model FROM messages INDEXED BY messages_by_conversation
		WHERE conversation = c.number AND role = 'assistant' ORDER BY seq DESC LIMIT 1) AS model,
	(SELECT count(*) FROM messages INDEXED BY messages_by_conversation
		WHERE conversation = c.number AND role = 'user') AS questions
	FROM conversations AS c`;

/** A row of {@link CONVERSATION_ROWS}. */
export function conversationOf(row: Row): ConversationRow {
	return {
		id: String(row.id),
		title: String(row.title),
		at: Number(row.at),
		model: row.model === null || row.model === undefined ? null : String(row.model),
		questions: Number(row.questions),
	};
}
