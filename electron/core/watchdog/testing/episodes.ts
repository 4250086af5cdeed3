import { readdirSync, readFileSync } from "node:fs";
import { fixture, fixturePath } from "../../memory/testing/fixture.ts";
import { type Episode, episodeSchema } from "./episode-shape.ts";

/** Every episode below e2e/fixtures/episodes, with the text of its captures, by name. */
export function episodes(): readonly Episode[] {
	const folder = fixturePath("episodes");
	return readdirSync(folder)
		.filter((file) => file.endsWith(".json"))
		.sort()
		.map((file) => {
			const episode = episodeSchema.parse(JSON.parse(readFileSync(`${folder}/${file}`, "utf8")));
			const { captures, ...rest } = episode;
			return captures === undefined ? rest : { ...rest, captures: fixture(`episodes/${captures}`) };
		});
}
