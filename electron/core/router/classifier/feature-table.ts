/** Finds the number of a feature by its hash; an open table, since a Map of a hundred thousand costs five times as much. */
export class FeatureTable {
	readonly #slots: Int32Array;
	readonly #hashes: Uint32Array;
	readonly #mask: number;

	/** @param hashes Each once; a feature's number is its place here. */
	constructor(hashes: Uint32Array) {
		let size = 1024;
		while (size < hashes.length * 2) size *= 2;
		this.#mask = size - 1;
		this.#hashes = hashes;
		this.#slots = new Int32Array(size).fill(-1);
		hashes.forEach((hash, index) => {
			let slot = hash & this.#mask;
			while (this.#slots[slot] !== -1) slot = (slot + 1) & this.#mask;
			this.#slots[slot] = index;
		});
	}

	/** The feature's number, −1 where it is not known. */
	numberOf(hash: number): number {
		let slot = hash & this.#mask;
		for (;;) {
			const index = this.#slots[slot] as number;
			if (index === -1 || this.#hashes[index] === hash) return index;
			slot = (slot + 1) & this.#mask;
		}
	}
}
