import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** Leaves out of the catalogues what only a terminal or the tray says, so that the page starts with less. */
const pageCatalogue: Plugin = {
	name: "page-catalogue",
	enforce: "pre",
	transform(code, id) {
		if (!/\/shared\/messages\/(en|de)\.ts$/.test(id)) return null;
		return {
			code: code.replaceAll(/^\t"(?:cli|doctor|tray)\.[^"]+":\s*"(?:[^"\\]|\\.)*",\n/gm, ""),
			map: null,
		};
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
		modulePreload: false,
	},
});
