/**
 * The three Ollamas that differ where Plimsoll looks: `0.24` runs models in its own kind of child
 * (`ollama runner`), `0.30` one `llama-server` a model, `0.40` the same and MLX runners beside them.
 */
export type EngineFlavour = "0.24" | "0.30" | "0.40";

/** What a version text means to Plimsoll. */
export interface EngineVersion {
	readonly flavour: EngineFlavour;
	/** A later minor version than any known one; it is treated as the newest known. */
	readonly newerThanKnown: boolean;
	/** Built from source (`0.0.0`), so the text tells nothing; it is treated as the newest known. */
	readonly sourceBuild: boolean;
}

/** Newest minor version whose behaviour is known. */
const NEWEST_KNOWN = { major: 0, minor: 40 } as const;

/** Reads what `/api/version` says. A text that is no version counts as newer than known. */
export function readEngineVersion(text: string): EngineVersion {
	const numbers = /^v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(text.trim());
	if (numbers === null) return { flavour: "0.40", newerThanKnown: true, sourceBuild: false };
	const major = Number(numbers[1]);
	const minor = Number(numbers[2]);
	if (major === 0 && minor === 0) return { flavour: "0.40", newerThanKnown: false, sourceBuild: true };
	const newerThanKnown =
		major > NEWEST_KNOWN.major || (major === NEWEST_KNOWN.major && minor > NEWEST_KNOWN.minor);
	if (newerThanKnown || minor >= 40) return { flavour: "0.40", newerThanKnown, sourceBuild: false };
	return { flavour: minor >= 30 ? "0.30" : "0.24", newerThanKnown, sourceBuild: false };
}
