/** Where a hash begins; a group of features mixes its own number in, so that groups never meet. */
export function seedOf(group: number): number {
	return Math.imul(0x811c9dc5 ^ (group + 1), 0x01000193) >>> 0;
}

/** Goes on with a hash by one UTF-16 unit (FNV-1a). */
export function mix(hash: number, unit: number): number {
	return Math.imul(hash ^ unit, 0x01000193);
}

/** Goes on with a hash by a text. */
export function mixText(hash: number, text: string): number {
	let mixed = hash;
	for (let at = 0; at < text.length; at += 1) mixed = mix(mixed, text.charCodeAt(at));
	return mixed;
}

/** Ends a hash: every bit depends on every unit. */
export function finish(hash: number): number {
	let mixed = hash;
	mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
	mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
	return (mixed ^ (mixed >>> 16)) >>> 0;
}
