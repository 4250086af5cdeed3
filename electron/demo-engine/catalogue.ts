import type { DemoEngineOptions } from "./command.ts";
import { demoLibrary } from "./library/library.ts";
import type { ModelDescription, RunnerKind } from "./model-description.ts";
import { describeModelFile, readModelFiles } from "./model-file.ts";
import { displayName, parseOllamaName, sameName } from "./ollama-name.ts";

/** Which variant of a tag runs when the request names none: as on Apple silicon. */
const RUNNER_PREFERENCE: readonly RunnerKind[] = ["mlx", "llamacpp", "ggml"];

/** The installed models of one server, and what it could pull. Names are compared as the server does. */
export class Catalogue {
	#installed: ModelDescription[] = [];
	readonly #pullable: ModelDescription[] = [];
	readonly #uploads = new Set<string>();
	/** Layers that exist, so that `create` says "using existing layer" when one is named again. */
	readonly #layers = new Set<string>();

	constructor(options: DemoEngineOptions) {
		const library = demoLibrary(options.flavour);
		if (options.library === "demo") this.#installed.push(...library.installed);
		this.#pullable.push(...library.pullable);
		for (const file of options.modelsDir === undefined ? [] : readModelFiles(options.modelsDir)) {
			const same = (model: ModelDescription): boolean => namesMatch(model.name, file.base ?? file.name);
			const base = this.#installed.find(same) ?? this.#pullable.find(same) ?? null;
			const described = describeModelFile(file, base);
			this.#pullable.unshift(described);
			if (file.installed === false) continue;
			const at = this.#installed.findIndex((model) => namesMatch(model.name, file.name));
			if (at === -1) this.#installed.push(described);
			else this.#installed[at] = described;
		}
	}

	/** Every installed model, latest change first: the order of tags. */
	list(): readonly ModelDescription[] {
		return [...this.#installed].sort((left, right) => right.modifiedAt.localeCompare(left.modifiedAt));
	}

	/** Finds an installed model; `runner` picks a variant where the tag has several. */
	find(name: string, runner?: string): ModelDescription | null {
		const variants = this.variants(name).filter((model) => runner === undefined || model.runner === runner);
		return variants[0] ?? null;
	}

	/** All variants of a tag, the preferred one first. */
	variants(name: string): readonly ModelDescription[] {
		const found = this.#installed.filter((model) => namesMatch(model.name, name));
		return found.sort(
			(left, right) => RUNNER_PREFERENCE.indexOf(left.runner) - RUNNER_PREFERENCE.indexOf(right.runner),
		);
	}

	/** What a pull of this name would bring; null for a name the simulated registry does not know. */
	pullable(name: string): ModelDescription | null {
		return this.#pullable.find((model) => model.remote === null && namesMatch(model.name, name)) ?? null;
	}

	/** Installs a model under its name, replacing every variant that has it. */
	put(model: ModelDescription): void {
		this.remove(model.name);
		this.#installed.push(model);
	}

	/** Removes a name with all its variants; false when there was none. */
	remove(name: string): boolean {
		const before = this.#installed.length;
		this.#installed = this.#installed.filter((model) => !namesMatch(model.name, name));
		return this.#installed.length < before;
	}

	/** Remembers an uploaded blob by its digest, 64 hex digits. */
	addUpload(digest: string): void {
		this.#uploads.add(digest);
	}

	/** Whether a blob is there: uploaded, or the weights of an installed model. */
	hasBlob(digest: string): boolean {
		return this.#uploads.has(digest) || this.#installed.some((model) => model.weightsDigest === digest);
	}

	/** The model that `create` makes from an uploaded file; null when the blob is unknown. */
	fromBlob(digest: string): ModelDescription | null {
		const known = this.#pullable.find((model) => model.sourceBlob === digest);
		if (known !== undefined) return known;
		if (!this.#uploads.has(digest)) return null;
		return describeModelFile({ name: "uploaded", weights_digest: digest, size_bytes: 0 }, null);
	}

	/** Says whether a layer was there already, and remembers it. */
	useLayer(digest: string): "using existing" | "creating new" {
		const existed = this.#layers.has(digest);
		this.#layers.add(digest);
		return existed ? "using existing" : "creating new";
	}
}

/** The display form of a name, or null for one the server refuses. */
export function canonicalName(name: string): string | null {
	const parsed = parseOllamaName(name);
	return parsed === null ? null : displayName(parsed);
}

function namesMatch(left: string, right: string): boolean {
	const one = parseOllamaName(left);
	const other = parseOllamaName(right);
	return one !== null && other !== null && sameName(one, other);
}
