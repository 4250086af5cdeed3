import { defineConfig } from "vitest/config";

/** Tests of the real app in a real window; long ones package it first. They share one display and one machine. */
const long = process.env.PLIMSOLL_TEST_LONG === "1";

export default defineConfig({
	root: new URL("..", import.meta.url).pathname,
	test: {
		include: long ? ["e2e/packaged/**/*.long.test.ts"] : ["e2e/electron/**/*.test.ts"],
		globalSetup: ["build/vitest-electron-setup.ts"],
		testTimeout: long ? 600_000 : 60_000,
		// A loaded machine may miss a moment that a test waits for; a fault fails every time.
		retry: process.env.CI === undefined ? 0 : 2,
		expect: { poll: { timeout: 10_000 } },
		hookTimeout: long ? 600_000 : 60_000,
		fileParallelism: false,
		maxWorkers: 1,
	},
});
