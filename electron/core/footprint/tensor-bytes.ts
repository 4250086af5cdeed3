/** A tensor as `/api/show` lists it; `shape` counts values, fastest dimension first. */
export interface TensorListing {
	readonly name: string;
	readonly type: string;
	readonly shape: readonly number[];
}

/** Values a block holds and the bytes it takes, by GGML type. Source: the block structures of ggml (ggml-common.h). */
const BLOCKS: Readonly<Record<string, readonly [values: number, bytes: number]>> = {
	F64: [1, 8],
	I64: [1, 8],
	F32: [1, 4],
	I32: [1, 4],
	F16: [1, 2],
	BF16: [1, 2],
	I16: [1, 2],
	I8: [1, 1],
	Q4_0: [32, 18],
	Q4_1: [32, 20],
	Q5_0: [32, 22],
	Q5_1: [32, 24],
	Q8_0: [32, 34],
	Q8_1: [32, 36],
	MXFP4: [32, 17],
	NVFP4: [64, 36],
	Q2_K: [256, 84],
	Q3_K: [256, 110],
	Q4_K: [256, 144],
	Q5_K: [256, 176],
	Q6_K: [256, 210],
	Q8_K: [256, 292],
	IQ1_S: [256, 50],
	IQ1_M: [256, 56],
	IQ2_XXS: [256, 66],
	IQ2_XS: [256, 74],
	IQ2_S: [256, 82],
	IQ3_XXS: [256, 98],
	IQ3_S: [256, 110],
	IQ4_NL: [32, 18],
	IQ4_XS: [256, 136],
	TQ1_0: [256, 54],
	TQ2_0: [256, 66],
};

/** Bytes of one tensor, or null for a type that is not known. */
export function tensorBytes(tensor: TensorListing): number | null {
	const block = BLOCKS[tensor.type.toUpperCase()];
	if (block === undefined) return null;
	const values = tensor.shape.reduce((product, length) => product * length, 1);
	return Math.ceil(values / block[0]) * block[1];
}

/** Bytes of all tensors, or null where the list is empty or holds an unknown type. */
export function allTensorBytes(tensors: readonly TensorListing[]): number | null {
	let sum = 0;
	for (const tensor of tensors) {
		const bytes = tensorBytes(tensor);
		if (bytes === null) return null;
		sum += bytes;
	}
	return tensors.length > 0 ? sum : null;
}
