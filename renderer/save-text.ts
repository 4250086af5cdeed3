import { api } from "./api.ts";
import { coreNow } from "./store.ts";

/** Saves a text where the person wants it: through the app's own dialog, or as a browser does. */
export async function saveText(
	{ name, text }: { readonly name: string; readonly text: string },
	type: string,
): Promise<void> {
	if (coreNow().shell.host === "app") {
		await api.saveText({ name, text });
		return;
	}
	const url = URL.createObjectURL(new Blob([text], { type }));
	const link = document.createElement("a");
	link.href = url;
	link.download = name;
	link.click();
	// The browser has begun to save when the click returns; it reads the rest from memory.
	setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
