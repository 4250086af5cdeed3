/** Where a page keeps the token of this run: its tab alone, gone when the tab closes. */
const STORAGE_KEY = "plimsoll-token";

/** The part of a page that is needed to find the token. */
export interface PageAddress {
	readonly location: { readonly hash: string; readonly pathname: string; readonly search: string };
	readonly history: { replaceState(data: unknown, unused: string, url: string): void };
	readonly sessionStorage: { getItem(key: string): string | null; setItem(key: string, value: string): void };
}

/**
 * The token of this run. It comes in the fragment, which no server and no Referer ever sees, and is moved out of the
 * address at once, so that it is neither bookmarked nor read over a shoulder; a reload finds it in the tab's storage.
 */
export function takePageToken({ location, history, sessionStorage }: PageAddress): string | null {
	const fragment = new Map(
		location.hash
			.slice(1)
			.split("&")
			.map((part): [string, string] => {
				const [name = "", value = ""] = part.split("=", 2);
				return [name, decodeURIComponent(value)];
			}),
	);
	const given = fragment.get("token");
	if (given === undefined || given === "") return sessionStorage.getItem(STORAGE_KEY);
	sessionStorage.setItem(STORAGE_KEY, given);
	history.replaceState(null, "", location.pathname + location.search);
	return given;
}
