import type { AppError } from "../../../shared/errors.ts";

/** Something the store did or met on its own that a person should be told. */
export type StoreNotice =
	/** A file that could not be used was kept under another name before a new one took its place. */
	| {
			readonly kind: "set-aside";
			readonly what: "settings" | "history" | "conversations";
			readonly why: "broken" | "newer";
			/** Full path of the kept file. */
			readonly keptAs: string;
	  }
	/** A database cannot be written; told once until it works again. */
	| { readonly kind: "failing"; readonly what: "history" | "conversations"; readonly error: AppError }
	/** It can be written again. */
	| { readonly kind: "working-again"; readonly what: "history" | "conversations" };

/** A time as it stands in a file name: "2026-03-01T12-00-00-000Z". */
export function fileStamp(at: number): string {
	return new Date(at).toISOString().replace(/[:.]/g, "-");
}
