/** Up to this many candidates every combination is tried. */
const ALL_COMBINATIONS_UP_TO = 10;

/**
 * The cheapest part of a list that is enough, where more of it never is less enough; none of the chosen could be left
 * out. Of equally cheap parts the one with fewer, then with earlier members is taken. The whole list has to be enough.
 * Beyond ten candidates the cheapest are taken one by one and what turns out unneeded is dropped again, dearest first.
 */
export function cheapestEnough<Item>(
	items: readonly Item[],
	costOf: (item: Item) => number,
	enough: (chosen: readonly Item[]) => boolean,
): readonly Item[] {
	return items.length <= ALL_COMBINATIONS_UP_TO
		? byTryingAll(items, costOf, enough)
		: byTurns(items, costOf, enough);
}

function byTryingAll<Item>(
	items: readonly Item[],
	costOf: (item: Item) => number,
	enough: (chosen: readonly Item[]) => boolean,
): readonly Item[] {
	const combinations = Array.from({ length: 2 ** items.length }, (_, bits) => {
		const chosen = items.filter((_item, at) => (bits & (1 << at)) !== 0);
		return { bits, chosen, cost: chosen.reduce((sum, item) => sum + costOf(item), 0) };
	}).sort((a, b) => a.cost - b.cost || a.chosen.length - b.chosen.length || a.bits - b.bits);
	return combinations.find(({ chosen }) => enough(chosen))?.chosen ?? items;
}

function byTurns<Item>(
	items: readonly Item[],
	costOf: (item: Item) => number,
	enough: (chosen: readonly Item[]) => boolean,
): readonly Item[] {
	const rising = items.toSorted((a, b) => costOf(a) - costOf(b));
	let chosen: readonly Item[] = [];
	for (const item of rising) {
		if (enough(chosen)) break;
		chosen = [...chosen, item];
	}
	for (const item of rising.toReversed()) {
		const rest = chosen.filter((each) => each !== item);
		if (rest.length < chosen.length && enough(rest)) chosen = rest;
	}
	return chosen;
}
