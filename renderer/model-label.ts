/** A model's name as it is shown: the path before it in small print, the tag in grey, `latest` left out. */
export interface ModelLabel {
	/** "huihui_ai/", or empty. */
	readonly path: string;
	readonly base: string;
	/** "7b", or empty for the default tag. */
	readonly tag: string;
	/** Base and tag in one, for headlines and for being read aloud. */
	readonly spoken: string;
}

/** Takes a name apart. */
export function modelLabel(name: string): ModelLabel {
	const slash = name.lastIndexOf("/");
	const path = name.slice(0, slash + 1);
	const [base = "", tag = ""] = name.slice(slash + 1).split(":");
	const shownTag = tag.toLowerCase() === "latest" ? "" : tag;
	return { path, base, tag: shownTag, spoken: shownTag === "" ? base : `${base} ${shownTag}` };
}
