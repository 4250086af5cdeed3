import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The popover: one page, hashed files, no inline anything, so that its content security policy can be strict. */
export default defineConfig({
	root: import.meta.dirname,
	base: "./",
	plugins: [react()],
	build: {
		outDir: "../out/renderer",
		emptyOutDir: true,
		target: "chrome130",
		minify: true,
		assetsInlineLimit: 0,
		modulePreload: false,
	},
});
