import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "./build.mjs";
import { findElectron } from "./choose-host.mjs";

/**
 * Runs every lane of tests that this machine can run, or with `--long` the long ones, and ends with one line that sums
 * them up: "N passed, N failed". A lane that cannot run here is named.
 */
const long = process.argv.includes("--long");
const results = join(root, "test-results", "summary");

/**
 * @typedef {object} Count
 * @property {number} passed
 * @property {number} failed
 */

/**
 * Runs one lane. One that broke off without a report, or failed without a failed test, counts as one failure.
 * @param {string} title
 * @param {string} config
 * @returns {Count}
 */
function runLane(title, config) {
	console.log(`\n── ${title}`);
	const file = join(results, `${config.replaceAll("/", "-")}.json`);
	const { status, error } = spawnSync(
		process.execPath,
		[
			join(root, "node_modules/vitest/vitest.mjs"),
			"run",
			"-c",
			config,
			"--passWithNoTests",
			"--reporter=default",
			"--reporter=json",
			`--outputFile.json=${file}`,
		],
		{ cwd: root, stdio: "inherit", env: { ...process.env, PLIMSOLL_TEST_LONG: long ? "1" : "" } },
	);
	if (error) console.error(error.message);
	try {
		const report = JSON.parse(readFileSync(file, "utf8"));
		// A file that could not even be loaded has no failed test of its own.
		const broken = report.testResults.filter(
			(/** @type {{ status: string, assertionResults: readonly { status: string }[] }} */ each) =>
				each.status === "failed" && each.assertionResults.every((test) => test.status !== "failed"),
		).length;
		const failed = report.numFailedTests + broken;
		return { passed: report.numPassedTests, failed: status === 0 ? failed : Math.max(1, failed) };
	} catch {
		console.error(`${title}: broke off without a report`);
		return { passed: 0, failed: 1 };
	}
}

rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });
const counts = [runLane(long ? "long tests" : "unit to browser", "build/vitest.config.ts")];
if (findElectron(process.env) === null)
	console.log("\n── Electron: cannot run, there is no Electron binary on this machine");
else counts.push(runLane(long ? "Electron, packaged" : "Electron", "build/vitest.electron.config.ts"));

const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
