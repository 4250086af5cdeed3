import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { episodes } from "./testing/episodes.ts";
import { type Played, playEpisode } from "./testing/play-episode.ts";

const all = episodes();
const ENDS = { freezes: "freezes", harmless: "harmless", "not-our-doing": "freezes whatever models do" };
const played = new Map<string, { readonly without: Played; readonly with: Played }>();

beforeAll(async () => {
	for (const episode of all)
		played.set(episode.name, {
			without: await playEpisode(episode, { enabled: false }),
			with: await playEpisode(episode, { enabled: true }),
		});
}, 120_000);

function of(name: string): { readonly without: Played; readonly with: Played } {
	const both = played.get(name);
	if (both === undefined) throw new Error(`${name} was not played`);
	return both;
}

const named = (ends: keyof typeof ENDS) => all.filter((episode) => episode.ends === ends);

describe("the watchdog in episodes of short memory", () => {
	it("knows at least fifteen, half of them harmless", () => {
		expect(all.length).toBeGreaterThanOrEqual(15);
		expect(named("harmless").length * 2).toBeGreaterThanOrEqual(all.length);
	});

	it.each(named("freezes").map(({ name }) => name))(
		"acts in %s before it freezes, and it does not",
		(name) => {
			const { without, with: watched } = of(name);
			expect(watched.firstActSeconds).not.toBeNull();
			expect(watched.unloaded.length).toBeGreaterThan(0);
			if (all.find((episode) => episode.name === name)?.captures !== undefined) return;
			expect(without.frozeAtSeconds).not.toBeNull();
			expect(watched.firstActSeconds).toBeLessThan(without.frozeAtSeconds ?? 0);
			expect(watched.frozeAtSeconds).toBeNull();
		},
	);

	it.each(named("harmless").map(({ name }) => name))("stays still in %s", (name) => {
		const { without, with: watched } = of(name);
		expect(without.frozeAtSeconds).toBeNull();
		expect(watched).toMatchObject({ firstActSeconds: null, unloaded: [], events: [] });
	});

	it.each(named("not-our-doing").map(({ name }) => name))(
		"unloads nothing in %s and says that it is not the models",
		(name) => {
			const { without, with: watched } = of(name);
			expect(without.frozeAtSeconds).not.toBeNull();
			expect(watched.unloaded).toEqual([]);
			expect(watched.events).toEqual(["event.others-pressure-unseen"]);
		},
	);

	it("unloads nothing and does nothing while it is off", () => {
		for (const { name } of all)
			expect(of(name).without).toMatchObject({ firstActSeconds: null, unloaded: [] });
	});

	it("spares a pinned model until nothing else is left", () => {
		expect(of("pinned-only").with.events[0]).toBe("event.emergency-begun");
	});

	it("docs/watchdog.md says how each went", async () => {
		const file = new URL("../../../docs/watchdog.md", import.meta.url);
		const text = readFileSync(file, "utf8");
		const [head = "", rest = ""] = text.split(/(?<=<!-- episodes -->\n)/);
		const tail = rest.slice(rest.indexOf("<!-- /episodes -->"));
		await expect(`${head}\n${table()}\n${tail}`).toMatchFileSnapshot(file.pathname);
	});
});

function table(): string {
	const seconds = (value: number | null) => (value === null ? "" : `${value.toFixed(1)} s`);
	const rows = all.map(({ name, what, ends, captures }) => {
		const { without, with: watched } = of(name);
		const left = captures === undefined ? seconds(without.frozeAtSeconds) : "readings only";
		return [
			what,
			ENDS[ends],
			left === "" ? "no" : left,
			watched.worst,
			watched.firstActSeconds === null ? "stays still" : seconds(watched.firstActSeconds),
			watched.unloaded.join(", "),
			captures === undefined
				? watched.frozeAtSeconds === null
					? "no"
					: seconds(watched.frozeAtSeconds)
				: "",
		];
	});
	const head = [
		"What happens",
		"It",
		"Frozen without the watchdog",
		"Worst level with it",
		"First act",
		"Unloaded",
		"Frozen with it",
	];
	return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}
