import { describe, expect, it } from "vitest";
import { modelLabel } from "./model-label.ts";

describe("a model's label", () => {
	it.each([
		["qwen2.5-coder:7b", { path: "", base: "qwen2.5-coder", tag: "7b", spoken: "qwen2.5-coder 7b" }],
		["nomic-embed-text:latest", { path: "", base: "nomic-embed-text", tag: "", spoken: "nomic-embed-text" }],
		["bge-m3", { path: "", base: "bge-m3", tag: "", spoken: "bge-m3" }],
		[
			"hf.co/bartowski/DeepSeek-R1-GGUF:Q4_K_M",
			{
				path: "hf.co/bartowski/",
				base: "DeepSeek-R1-GGUF",
				tag: "Q4_K_M",
				spoken: "DeepSeek-R1-GGUF Q4_K_M",
			},
		],
		[
			"localhost:5000/team/model:1b",
			{ path: "localhost:5000/team/", base: "model", tag: "1b", spoken: "model 1b" },
		],
	])("takes %s apart into path, name and tag", (name, label) => {
		expect(modelLabel(name)).toEqual(label);
	});
});
