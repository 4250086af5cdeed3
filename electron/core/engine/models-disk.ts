import { statfs } from "node:fs/promises";
import { join } from "node:path";

/**
 * Bytes free where a local Ollama keeps its models: OLLAMA_MODELS, else its folder in the person's home, else that of
 * its service on Linux. Null where none of them is there; an engine that was told another place by its own environment
 * cannot be looked through.
 */
export async function modelsDiskFreeBytes(
	environment: Readonly<Record<string, string | undefined>>,
	home: string,
): Promise<number | null> {
	const named = environment.OLLAMA_MODELS;
	const places = [
		...(named === undefined || named === "" ? [] : [named]),
		join(home, ".ollama", "models"),
		"/usr/share/ollama/.ollama/models",
	];
	for (const place of places) {
		const disk = await statfs(place).catch(() => null);
		if (disk !== null) return disk.bavail * disk.bsize;
	}
	return null;
}
