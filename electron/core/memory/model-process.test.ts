import { describe, expect, it } from "vitest";
import { describeProcess, mayConcernModels } from "./model-process.ts";

const BLOB = "0a".repeat(32);

describe("command lines", () => {
	it.each([
		["/usr/local/bin/ollama serve", { kind: "engine" }],
		["ollama serve", { kind: "engine" }],
		["/Applications/My Apps/Ollama.app/Contents/Resources/ollama serve", { kind: "engine" }],
		["/Applications/Ollama.app/Contents/MacOS/Ollama hidden", { kind: "none" }],
		["/bin/sh -c ollama serve", { kind: "none" }],
		["ollama run llama3", { kind: "none" }],
		["grep ollama runner", { kind: "none" }],
		["node /opt/plimsoll/out/headless/cli.js demo-engine", { kind: "engine" }],
		["/usr/local/bin/ollama /opt/plimsoll/out/demo-engine/runner.js runner", { kind: "none" }],
		["plimsoll demo-engine --port 0", { kind: "engine" }],
		[
			`/usr/local/bin/ollama runner --ollama-engine --model /m y/blobs/sha256-${BLOB} --port 1`,
			{ kind: "runner", program: "ollama", weightsBlob: BLOB, modelName: null },
		],
		[
			"/usr/local/bin/ollama runner --model hf.co/org/some-model:q4 --port 1",
			{ kind: "runner", program: "ollama", weightsBlob: null, modelName: "hf.co/org/some-model:q4" },
		],
		[
			"/usr/local/bin/ollama runner --mlx-engine --model qwen:4b --port 1",
			{ kind: "runner", program: "ollama", weightsBlob: null, modelName: "qwen:4b" },
		],
		[
			`/usr/local/bin/llama-server --port 1 --model=/blobs/sha256-${BLOB.toUpperCase()}`,
			{ kind: "runner", program: "llama-server", weightsBlob: BLOB, modelName: null },
		],
		[
			`/usr/local/bin/llama-server --model /x/tiny model.gguf --mmproj /m/blobs/sha256-${BLOB}`,
			{ kind: "other-server", modelName: "tiny model.gguf" },
		],
		["/usr/local/bin/llama-server", { kind: "other-server", modelName: null }],
		["/usr/bin/python3 -m mlx_lm.server --model org/name", { kind: "other-server", modelName: "name" }],
		["/Applications/LM Studio.app/Contents/MacOS/LM Studio", { kind: "other-server", modelName: null }],
		[
			"/Applications/LM Studio.app/Contents/Frameworks/LM Studio Helper.app/Contents/MacOS/LM Studio Helper --type=gpu",
			{ kind: "none" },
		],
		["", { kind: "none" }],
	])("%s", (commandLine, expected) => {
		expect(describeProcess(commandLine)).toEqual(expected);
		if (expected.kind !== "none") expect(mayConcernModels(commandLine)).toBe(true);
	});

	it("has no interest in what has nothing to do with models", () => {
		expect(mayConcernModels("/usr/lib/systemd/systemd --user")).toBe(false);
		expect(mayConcernModels("/Applications/Safari.app/Contents/MacOS/Safari")).toBe(false);
	});
});
