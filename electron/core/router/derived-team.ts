import { type Message, message } from "../../../shared/messages/message.ts";
import type { InstalledModel } from "../../../shared/model.ts";
import type { Domain, Member, Team, Tier } from "../../../shared/router.ts";
import { BYTES_PER_GB } from "../../../shared/units.ts";
import { isEmbedding } from "../residency/touch.ts";

/** What a model is made for, as its name and the engine tell. */
type Kind = "coding" | "reasoning" | "vision" | "general" | "unrestrained";

const KIND_BY_NAME: readonly (readonly [Kind, RegExp])[] = [
	["unrestrained", /abliterat|uncensor|dolphin/],
	["vision", /vision|llava|moondream|minicpm-v|\d?vl\b|-ocr\b/],
	[
		"coding",
		/coder|codellama|codestral|devstral|starcoder|codegemma|codeqwen|granite-code|stable-code|sqlcoder|codegeex/,
	],
	["reasoning", /deepseek-r1|qwq|gpt-oss|reason|magistral|exaone-deep|openthinker|marco-o1|\bthink/],
];

const DOMAINS_OF: Readonly<Record<Kind, readonly Domain[]>> = {
	coding: ["coding", "data", "reasoning"],
	reasoning: ["reasoning", "data", "coding", "writing", "general"],
	vision: ["vision", "general", "smalltalk"],
	general: ["general", "writing", "smalltalk", "reasoning", "coding", "data"],
	// Nobody should get one without having asked for it.
	unrestrained: [],
};

/** From which number of billion parameters on, and what such a model is good for. */
const SIZES: readonly { readonly from: number; readonly tier: Tier; readonly rating: number }[] = [
	{ from: 60, tier: "best", rating: 10 },
	{ from: 20, tier: "best", rating: 9 },
	{ from: 11, tier: "best", rating: 8 },
	{ from: 6, tier: "versatile", rating: 7 },
	{ from: 2.5, tier: "medium", rating: 6 },
	{ from: 1.6, tier: "medium", rating: 5 },
	{ from: 0, tier: "tiny", rating: 4 },
];

/** Weights of a usual quantization, for models whose size the engine does not tell. */
const GB_PER_BILLION = 0.6;

/** What a loaded model takes besides its weights, as a share of them; only until it was loaded once. */
const BESIDE_WEIGHTS = 1.15;

/** Context that every model takes where the engine does not tell. */
const USUAL_CONTEXT = 8_192;

function billions({ details, sizeBytes }: InstalledModel): number {
	const [, figure, unit] = /([\d.]+)\s*([BM])\b/i.exec(details.parameterSize) ?? [];
	if (figure === undefined) return sizeBytes / BYTES_PER_GB / GB_PER_BILLION;
	return unit?.toUpperCase() === "M" ? Number(figure) / 1000 : Number(figure);
}

function kindOf({ name, capabilities }: InstalledModel): Kind {
	const found = KIND_BY_NAME.find(([, pattern]) => pattern.test(name.toLowerCase()));
	if (found !== undefined) return found[0];
	return capabilities.includes("thinking") ? "reasoning" : "general";
}

/** A name as an id; the tag counts unless it is the usual one. */
function idOf(name: string): string {
	return name
		.toLowerCase()
		.replace(/:latest$/, "")
		.replace(/[^a-z0-9]+/g, "_")
		.replace(/^_+|_+$/g, "")
		.slice(0, 50);
}

function parametersText(count: number): string {
	return count < 1 ? `${Math.round(count * 1000)} M` : `${Math.round(count * 10) / 10} B`;
}

function memberOf(model: InstalledModel, id: string): { member: Member; lines: readonly Message[] } {
	const kind = kindOf(model);
	const count = billions(model);
	const size = SIZES.find(({ from }) => count >= from) ?? { tier: "tiny", rating: 4 };
	const vision = model.capabilities.includes("vision");
	const tools = model.capabilities.includes("tools");
	const domains = DOMAINS_OF[kind];
	return {
		member: {
			id,
			name: model.name.replace(/:latest$/, ""),
			model: model.name,
			domains: vision && domains.length > 0 && !domains.includes("vision") ? [...domains, "vision"] : domains,
			topics: [],
			tier: size.tier,
			rating: size.rating,
			vision,
			tools,
			contextTokens: model.details.contextLength ?? USUAL_CONTEXT,
			memoryGb: Math.round((model.sizeBytes / BYTES_PER_GB) * BESIDE_WEIGHTS * 10) / 10,
			roles: [],
			expertise: [],
			systemPrompt: null,
			temperature: null,
			numCtx: null,
			keepAliveMinutes: null,
		},
		lines: [
			message(`team.kind-${kind}`),
			message(`team.tier-${size.tier}`, { parameters: parametersText(count) }),
			...(vision ? [message("team.sees")] : []),
			...(tools ? [message("team.tools")] : []),
		],
	};
}

/** A team of the local models that can answer, each with why it is what it is, by the member's id. */
export function deriveTeam(installed: readonly InstalledModel[]): {
	readonly team: Team;
	readonly lines: Readonly<Record<string, readonly Message[]>>;
} {
	const members: Member[] = [];
	const lines: Record<string, readonly Message[]> = {};
	const models = installed
		.filter((model) => model.location === "local" && !isEmbedding(model))
		.toSorted((a, b) => b.sizeBytes - a.sizeBytes || a.name.localeCompare(b.name));
	for (const model of models) {
		const plain = idOf(model.name) || "model";
		let id = plain === "auto" ? "auto_model" : plain;
		for (let again = 2; id in lines; again += 1) id = `${plain}_${again}`;
		const made = memberOf(model, id);
		members.push(made.member);
		lines[id] = made.lines;
	}
	return { team: { id: "derived", name: "Installed", members }, lines };
}
