import { shell } from "electron";
import type { PLACES } from "../../shared/ipc.ts";

/** A place outside Plimsoll that a button may open. */
export type Place = (typeof PLACES)[number];

/** Addresses of the places that never change. */
const ADDRESSES: Readonly<Record<Exclude<Place, "data-folder" | "api-docs">, string>> = {
	"ollama-download": "https://ollama.com/download",
	"login-items-settings": "x-apple.systempreferences:com.apple.LoginItems-Settings.extension",
};

/** Opens a place; the renderer names it, the address stands here. */
export async function openPlace(
	place: Place,
	here: { readonly dataDir: string; readonly gatewayPort: number | null },
): Promise<void> {
	if (place === "data-folder") {
		await shell.openPath(here.dataDir);
		return;
	}
	if (place === "api-docs") {
		if (here.gatewayPort !== null) await shell.openExternal(`http://127.0.0.1:${here.gatewayPort}/`);
		return;
	}
	await shell.openExternal(ADDRESSES[place]);
}
