import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { app, dialog } from "electron";
import { storageError } from "../core/store/storage-error.ts";

/**
 * Asks where a text is to be saved, in the Downloads folder unless another is chosen, and writes it there. False where
 * nothing was chosen. Rejects with `storage-full` or `storage-failed`.
 */
export async function saveText(name: string, text: string): Promise<boolean> {
	// The name comes from a page; a path in it must not lead anywhere.
	const defaultPath = join(app.getPath("downloads"), basename(name));
	const { canceled, filePath } = await dialog.showSaveDialog({ defaultPath });
	if (canceled || filePath === "") return false;
	try {
		await writeFile(filePath, text);
	} catch (thrown) {
		throw storageError(filePath, thrown);
	}
	return true;
}
