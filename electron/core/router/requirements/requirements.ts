import type { ClassifiedDomain, Correction, Domain, Requirements } from "../../../../shared/router.ts";
import type { Classifier } from "../classifier/classifier.ts";
import { sampleOf } from "../classifier/text.ts";
import { CorrectionFinder } from "./corrections.ts";
import { estimateTokens } from "./estimate-tokens.ts";
import { languageOf } from "./language.ts";
import { sizeOf } from "./size.ts";
import { hasDataTopic, topicsOf } from "./topics.ts";

/** Room that is left for an answer, tokens. */
const ANSWER_TOKENS = 1_024;
/** What an image takes of a context, tokens; models differ, few take more. */
const IMAGE_TOKENS = 768;

/** A prompt and what is known around it. */
export interface Asked {
	readonly prompt: string;
	readonly imageCount: number;
	readonly context: {
		/** Tokens of the conversation before it. */
		readonly tokens: number;
		/** The program that asks hands over tools. */
		readonly tools: boolean;
	};
	/** What people said similar prompts were about; the newest first. */
	readonly corrections: readonly Pick<Correction, "prompt" | "domain">[];
}

/** Makes what tells a prompt's requirements from the prompt alone: the same prompt, the same answer. */
export function createRequirementsOf(classifier: Classifier): (asked: Asked) => Requirements {
	const finder = new CorrectionFinder();
	return ({ prompt, imageCount, context, corrections }) => {
		const said = classifier.classify(prompt);
		// The task stands at the beginning or at the end of a paste.
		const sample = sampleOf(prompt);
		const corrected = finder.find(prompt, corrections);
		const classified: ClassifiedDomain = imageCount > 0 ? "vision" : said.domain;
		const spoken: ClassifiedDomain = corrected === null ? classified : plain(corrected.domain);
		const topics = topicsOf(sample, spoken);
		const domain = corrected?.domain ?? withData(spoken, topics);
		return {
			domain,
			confidence: corrected?.likeness ?? (imageCount > 0 ? 1 : said.confidence),
			runnerUp:
				corrected === null && imageCount === 0 ? withData(said.runnerUp, topics, domain) : said.domain,
			domainSource:
				corrected !== null
					? "correction"
					: imageCount > 0
						? "image"
						: said.unsure
							? "fallback"
							: "classifier",
			topics,
			...sizeOf(sample, spoken, topics),
			needs: {
				vision: imageCount > 0 || domain === "vision",
				tools: context.tools,
				contextTokens: context.tokens + estimateTokens(prompt) + imageCount * IMAGE_TOKENS + ANSWER_TOKENS,
				language: languageOf(prompt),
			},
		};
	};
}

/** The classified domain that a domain is read as: data is code for topics and size. */
function plain(domain: Domain): ClassifiedDomain {
	return domain === "data" ? "coding" : domain;
}

/** Coding or reasoning about data is `data`; a runner-up stays another domain than the first. */
function withData(domain: ClassifiedDomain, topics: readonly string[], not?: Domain): Domain {
	const isData = (domain === "coding" || domain === "reasoning") && hasDataTopic(topics);
	return isData && not !== "data" ? "data" : domain;
}
