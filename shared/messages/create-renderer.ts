import { de } from "./de.ts";
import { en } from "./en.ts";
import { type Language, type Renderer, rendererOf } from "./render.ts";

/** Makes a renderer where all languages are at hand; the popover loads them one by one instead. */
export function createRenderer(language: Language): Renderer {
	return rendererOf(language, language === "de" ? de : en);
}
