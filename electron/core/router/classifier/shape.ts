/** What the outside of a prompt shows: each has a name, and a pattern that is looked for in the prompt as it was typed. */
const PATTERNS: readonly (readonly [string, RegExp])[] = [
	["fence", /```|~~~/],
	["backticks", /`[^`\n]+`/],
	["camel", /\b[a-z]+[a-z0-9]*[A-Z][a-zA-Z0-9]*\b|\b(?:[A-Z][a-z0-9]+){2,}\b/],
	["snake", /\b[a-z0-9]+_[a-z0-9_]+\b/],
	["call", /\b[A-Za-z_][\w.]*\([^\s)]*\)|\b[a-z_]\w*\(\w+,/],
	["operator", /=>|->|::|==|!=|&&|\|\||\+=|<=|>>|\/\/|\/\*|\+\+/],
	["statement", /[;{}]\s*(?:\n|$)/],
	["assignment", /\b[a-zA-Z_]\w* ?= ?["'[{(\w]/],
	["tag", /<\/?[a-z][a-z0-9-]*(?:\s[^<>]*)?\/?>/i],
	["braces", /[{}]/],
	["brackets", /\[[^\]]*\]/],
	[
		"extension",
		/\.(?:py|js|ts|tsx|jsx|json|ya?ml|html?|css|scss|c|cc|cpp|h|hpp|java|go|rs|rb|php|sh|sql|csv|xlsx?|toml|ini|env|log|md|ipynb|swift|kt|vue|exe|dll|so|xml|txt|conf)\b/i,
	],
	["path", /(?:^|\s)(?:~|\.{1,2})?\/[\w.-]+\/[\w./-]*|[A-Z]:\\/],
	["flag", /(?:^|\s)--?[a-zA-Z][\w-]*/],
	["shell", /(?:^|\n)\s*(?:\$|>>>|#) |\|\s*(?:grep|awk|sed|sort|xargs|head|wc)\b/],
	["trace", /\bat \S+ ?\(|File "[^"]+", line \d+|\b\w+\.\w+:\d+|Traceback|line \d+/],
	["error", /\b\w*(?:Error|Exception)\b|\bERR!|\berrno\b|\bE[A-Z]{4,}\b|\bexit code\b/],
	["hex", /\b0x[0-9a-fA-F]+\b/],
	["sql", /\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|JOIN|WHERE|GROUP BY|ORDER BY|CREATE TABLE)\b/],
	["url", /https?:\/\/|www\./],
	["mail", /[\w.]+@[\w-]+\.\w+/],
	["sum", /\d\s?[-+*/×÷x^:]\s?\(?\d|\d\s?[-+*/×÷^]\s?[a-z]\b/],
	["equation", /[\da-z)²³]\s?=\s?[-\da-z(?]/],
	["unknown", /\b\d*[xyzn]\b\s?[-+=*/^²³]|[-+=*/^]\s?\d*[xyzn]\b|\bf\(x\)/],
	["latex", /\\[a-zA-Z]{2,}|\$[^$\n]{1,80}\$/],
	["signs", /[√∫∑π≤≥∞≠±∂²³°∈∀∃∧∨¬⇒]/],
	["percent", /\d\s?%/],
	["money", /[$€£¥₹]\s?\d|\d\s?(?:[$€£¥₹]|usd|eur|euros?|dollars?|rupees?|yen|元|円|руб)/i],
	[
		"unit",
		/\d\s?(?:km|cm|mm|kg|mg|ml|m|g|l|s|h|mph|mi|ft|in|lbs?|oz|min|hrs?|hours?|minutes?|days?|weeks?|years?|miles?|meters?|liters?|litres?|degrees?|kwh?|v|w|hz|mol|km\/h|m\/s)\b/i,
	],
	["clock", /\b\d{1,2}[:.h]\d{2}\b|\b\d{1,2}\s?(?:am|pm|uhr)\b/i],
	["decimal", /\d[.,]\d/],
	["year", /\b(?:1[5-9]|20)\d{2}\b/],
	["options", /(?:^|\s)\(?[A-D][).]\s/],
	["blank", /_{2,}|\[[A-Z_ ]+\]/],
	["bullets", /(?:^|\n)\s*(?:[-*•]|\d+[.)])\s/],
	["quote", /["“«„「『][^"”»“」』]{12,}["”»“」』]/],
	["colonPaste", /[:：]\s*\n|[:：]\s+\S.{40,}/],
	["colon", /[:：]/],
	["emoji", /\p{Extended_Pictographic}|[:;]-?[)(DP]|<3|\^\^/u],
	["ellipsis", /\.{2,}|…/],
	["exclaims", /[!！]/],
	["exclaimsAtEnd", /[!！]\s*$/],
	["asks", /[?？؟]/],
	["asksAtEnd", /[?？؟]["')\]]?\s*$/],
	["dotAtEnd", /[.。।]\s*$/],
	["capitals", /\b[A-Z]{2,}\b/],
	["shouting", /^[^a-z]*[A-Z]{4,}[^a-z]*$/],
	["stretched", /([a-zA-Z])\1{2,}/],
	[
		"dear",
		/(?:^|\n)(?:dear|hi|hello|hallo|liebe[rs]?|sehr geehrte|cher|chère|estimad[oa]|querid[oa]|caro|cara|gentile|beste|drogi|sayın)\s[^\n]{0,40}[,:]\s*\n/i,
	],
];

/** Names of all shapes, in the order of their numbers; part of what the weights were trained for. */
export const SHAPE_NAMES: readonly string[] = PATTERNS.map(([name]) => name);

/** Numbers of the shapes that a sampled prompt has. */
export function shapesOf(sample: string): readonly number[] {
	const shapes: number[] = [];
	PATTERNS.forEach(([, pattern], index) => {
		if (pattern.test(sample)) shapes.push(index);
	});
	return shapes;
}
