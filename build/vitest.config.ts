import { defineConfig } from "vitest/config";

/** Unit, replay, conformance and contract tests. Long ones end in `.long.test.ts` and run with `npm run test:long`. */
const long = process.env.PLIMSOLL_TEST_LONG === "1";

export default defineConfig({
	root: new URL("..", import.meta.url).pathname,
	test: {
		include: long ? ["**/*.long.test.ts"] : ["**/*.test.ts"],
		exclude: [
			"**/node_modules/**",
			"out/**",
			"dist/**",
			// They have a configuration of their own, since they need an Electron binary.
			"e2e/electron/**",
			"e2e/packaged/**",
			...(long ? [] : ["**/*.long.test.ts"]),
		],
		globalSetup: ["build/vitest-global-setup.ts"],
		testTimeout: long ? 600_000 : 30_000,
		// A loaded machine may miss a moment that a test waits for; a fault fails every time.
		retry: process.env.CI === undefined ? 0 : 2,
		expect: { poll: { timeout: 10_000 } },
		hookTimeout: 60_000,
		maxWorkers: 2,
	},
});
