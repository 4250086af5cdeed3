import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Classifier } from "../../electron/core/router/classifier/classifier.ts";
import type { Weights } from "../../electron/core/router/classifier/weights.ts";
import { CLASSIFIED_DOMAINS } from "../../shared/router.ts";
import { accuracy, calibrationError, groupBy, type Verdict } from "./judge.ts";
import { isOwn, type Row } from "./rows.ts";

/** What the report tells of. */
export interface Measured {
	readonly root: string;
	readonly rows: readonly Row[];
	readonly weights: Weights;
	readonly bytes: number;
	/** By source, judged by weights that never saw it. */
	readonly leftOut: ReadonlyMap<string, readonly Verdict[]>;
	readonly probe: readonly Verdict[];
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const mean = (values: readonly number[]): number =>
	values.reduce((sum, value) => sum + value, 0) / values.length;

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
	return [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function byKey(verdicts: readonly Verdict[], name: string, keyOf: (row: Row) => string): string {
	const groups = [...groupBy(verdicts, keyOf)].sort(([a], [b]) => a.localeCompare(b, "en"));
	return table(
		[name, "prompts", "right"],
		groups.map(([key, group]) => [key, `${group.length}`, percent(accuracy(group))]),
	);
}

function confusion(verdicts: readonly Verdict[]): string {
	return table(
		["is, down; said, across", ...CLASSIFIED_DOMAINS],
		CLASSIFIED_DOMAINS.map((domain) => [
			domain,
			...CLASSIFIED_DOMAINS.map(
				(said) => `${verdicts.filter((each) => each.row.domain === domain && each.domain === said).length}`,
			),
		]),
	);
}

function calibration(verdicts: readonly Verdict[]): string {
	const lines = Array.from({ length: 10 }, (_, bin) => {
		const inBin = verdicts.filter(({ confidence }) => Math.min(9, Math.floor(confidence * 10)) === bin);
		return inBin.length === 0
			? []
			: [
					`${bin / 10} to ${(bin + 1) / 10}`,
					`${inBin.length}`,
					percent(mean(inBin.map(({ confidence }) => confidence))),
					percent(accuracy(inBin)),
				];
	});
	return table(
		["confidence", "prompts", "said", "right"],
		lines.filter((line) => line.length > 0),
	);
}

/** The text of docs/router.md. */
export function reportOf({ root, rows, weights, bytes, leftOut, probe }: Measured): string {
	const notes = readFileSync(join(root, "build/router/report-notes.md"), "utf8").trim();
	const perSource = [...leftOut].map(([source, verdicts]) => ({
		source,
		verdicts,
		share: accuracy(verdicts),
	}));
	const isPublic = ({ source }: { readonly source: string }) => !source.startsWith("own/");
	const publicSources = perSource.filter(isPublic);
	const ownSources = perSource.filter((each) => !isPublic(each));
	const publicVerdicts = publicSources.flatMap(({ verdicts }) => verdicts);
	const ownVerdicts = ownSources.flatMap(({ verdicts }) => verdicts);
	/** Mean over the sources of each domain, so that no large source speaks for all. */
	const perDomain = CLASSIFIED_DOMAINS.map((domain) => {
		const shares = publicSources
			.map(({ verdicts }) => verdicts.filter(({ row }) => row.domain === domain))
			.filter((verdicts) => verdicts.length >= 5)
			.map(accuracy);
		return [domain, `${shares.length}`, percent(mean(shares))];
	});
	const classifier = new Classifier(weights);
	const wrong = probe.filter(({ row, domain }) => row.domain !== domain);
	const unsure = probe.filter(({ row }) => classifier.classify(row.prompt).unsure).length;
	return `# How prompts are told apart

Written by \`npm run report:router\`; \`npm run train:router\` makes the weights it judges, the same bytes each time.

A linear classifier: ${weights.features.length.toLocaleString("en")} features (words and pairs of words, runs of characters inside words
and of Chinese, Japanese characters, first and last words, ${new Set([...weights.lexicon.concepts.values()].flat()).size} groups of words that mean the same in some twenty languages,
the look of code and formulas, lengths) with one signed byte for each of six domains: ${bytes.toLocaleString("en")} bytes, less than 1 MB.
Of a long prompt the first 700 and the last 500 characters are read. Below a probability of ${weights.leastConfidence} the answer is
\`general\` (${unsure} of the probe). Speed: \`npm run bench -- route\`.

Trained with ${rows.length.toLocaleString("en")} prompts: ${rows.filter(isOwn).length.toLocaleString("en")} written for Plimsoll, the rest rows of ${publicSources.length} public data sets (\`build/router/data\`).

## Probe

${probe.length} prompts written before training by people who saw neither data nor features, and never trained or tuned on:
**${percent(accuracy(probe))}**, calibration error ${calibrationError(probe).toFixed(3)}.

${byKey(probe, "domain", ({ domain }) => domain)}

${byKey(probe, "language", ({ lang }) => lang)}

${confusion(probe)}

${calibration(probe)}

Wrong: ${wrong.length}. By kind: ${
		[...groupBy(wrong, () => "").values()]
			.flat()
			.map(({ row, domain }) => `${row.domain} as ${domain}`)
			.sort()
			.reduce<readonly (readonly [string, number])[]>((kinds, kind) => {
				const last = kinds.at(-1);
				return last?.[0] === kind ? [...kinds.slice(0, -1), [kind, last[1] + 1]] : [...kinds, [kind, 1]];
			}, [])
			.map(([kind, count]) => `${kind} ${count}`)
			.join(", ") || "none"
	}.

## One source left out at a time

Each public data set judged by weights that never saw it; the mean over data sets is **${percent(mean(publicSources.map(({ share }) => share)))}**,
over its rows ${percent(accuracy(publicVerdicts))}. By domain, the mean over the data sets that hold at least five such rows:

${table(["domain", "data sets", "right"], perDomain)}

${table(
	["data set", "rows", "right"],
	publicSources.map(({ source, verdicts, share }) => [source, `${verdicts.length}`, percent(share)]),
)}

Each writer's file of own prompts, by weights that never saw that file (nor anything else of that brief; four of them hold
most of a domain, so this is harder than life): mean **${percent(mean(ownSources.map(({ share }) => share)))}**, over prompts ${percent(accuracy(ownVerdicts))}, calibration
error ${calibrationError(ownVerdicts).toFixed(3)}.

${table(
	["file", "prompts", "right"],
	ownSources.map(({ source, verdicts, share }) => [source, `${verdicts.length}`, percent(share)]),
)}

${byKey(ownVerdicts, "domain", ({ domain }) => domain)}

${confusion(ownVerdicts)}

${notes}
`;
}
