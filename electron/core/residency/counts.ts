/** How many hold each key. */
export interface Counts<Key> {
	has(key: Key): boolean;
	keys(): Iterable<Key>;
	empty(): boolean;
	/** Holds a key; the returned function lets it go once, and says whether it did. */
	hold(key: Key): () => boolean;
}

/** Nobody holds anything. */
export function createCounts<Key>(): Counts<Key> {
	const counts = new Map<Key, number>();
	return {
		has: (key) => counts.has(key),
		keys: () => counts.keys(),
		empty: () => counts.size === 0,
		hold(key) {
			counts.set(key, (counts.get(key) ?? 0) + 1);
			let held = true;
			return () => {
				if (!held) return false;
				held = false;
				const left = (counts.get(key) ?? 1) - 1;
				if (left > 0) counts.set(key, left);
				else counts.delete(key);
				return true;
			};
		},
	};
}
