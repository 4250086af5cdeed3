/** What the original router's HEAD does with a prompt: words anywhere in it, and a fixed list for each. */
const RULES: readonly (readonly [RegExp, string])[] = [
	[/vue|react/, "deepcoder_primary"],
	[/laravel|php/, "deepseek_legacy"],
	[/excel|vba|150k/, "qwen_analyst"],
	[/data|pandas/, "qwen_analyst"],
	[/image|screenshot/, "granite_vision"],
];

/**
 * The member that the original router takes. Before each choice it has unloaded everything, so that on this machine the
 * first of each list always fits.
 */
export function originalChoice(prompt: string): string {
	const lower = prompt.toLowerCase();
	return RULES.find(([words]) => words.test(lower))?.[1] ?? "deepcoder_primary";
}
