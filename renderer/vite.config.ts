import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** Families of messages that only parts which come later say. */
const LATER = "chat|route|team|event|health";

/**
 * Leaves out of the catalogues what only a terminal or the tray says, and out of the English one, which the page
 * starts with, what only later parts say; `en.ts?later` is those texts alone.
 */
const pageCatalogue: Plugin = {
	name: "page-catalogue",
	enforce: "pre",
	transform(code, id) {
		const [, language, part] = /\/shared\/messages\/(en|de)\.ts(\?later)?$/.exec(id) ?? [];
		if (language === undefined) return null;
		const texts = (families: string) =>
			new RegExp(String.raw`^\t"${families}\.[^"]+":\s*"(?:[^"\\]|\\.)*",\n`, "gm");
		const left = code.replaceAll(texts("(?:cli|doctor|tray)"), "");
		if (language === "de") return { code: left, map: null };
		const families = part === undefined ? `(?:${LATER})` : `(?!(?:${LATER})\\.)[a-z]+`;
		return { code: left.replaceAll(texts(families), ""), map: null };
	},
};

/** The popover: one page, hashed files, no inline anything, so that its content security policy can be strict. */
export default defineConfig({
	root: import.meta.dirname,
	base: "./",
	plugins: [pageCatalogue, react()],
	build: {
		outDir: "../out/renderer",
		emptyOutDir: true,
		target: "chrome130",
		minify: true,
		assetsInlineLimit: 0,
		// The page names what its first script imports, so that all of it comes in one go; later parts come one by one.
		modulePreload: {
			polyfill: false,
			resolveDependencies: (_file, dependencies, { hostType }) => (hostType === "html" ? dependencies : []),
		},
	},
});
