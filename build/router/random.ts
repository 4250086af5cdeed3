/** Numbers from 0 up to 1 that are the same on every run (mulberry32). */
export function randomFrom(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** Puts the numbers of a list into another order, in place. */
export function shuffle(list: Uint32Array, random: () => number): void {
	for (let at = list.length - 1; at > 0; at -= 1) {
		const other = Math.floor(random() * (at + 1));
		const kept = list[at] as number;
		list[at] = list[other] as number;
		list[other] = kept;
	}
}
