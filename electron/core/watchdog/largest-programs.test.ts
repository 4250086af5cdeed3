import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { largestPrograms, programName } from "./largest-programs.ts";

const TABLE = [
	" 4718592 /Applications/Xcode.app/Contents/MacOS/Xcode",
	"  524288 /Applications/Google Chrome.app/Contents/Frameworks/Helper.app/Contents/MacOS/Google Chrome Helper",
	" 2097152 /Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
	"  102400 /usr/sbin/mds_stores",
	"garbage",
	"",
].join("\n");

describe("the largest programs", () => {
	it("adds up the processes of an app on a Mac", async () => {
		const run = async () => ({ exitCode: 0, stdout: TABLE, stderr: "" });
		expect(await largestPrograms("darwin", run)).toEqual([
			{ name: "Xcode", bytes: 4_718_592 * 1024 },
			{ name: "Google Chrome", bytes: 2_621_440 * 1024 },
			{ name: "mds_stores", bytes: 102_400 * 1024 },
		]);
	});

	it("is empty where the table cannot be read", async () => {
		const run = async () => ({ exitCode: null, stdout: "", stderr: "" });
		expect(await largestPrograms("darwin", run)).toEqual([]);
		expect(await largestPrograms("linux", run, "/nowhere")).toEqual([]);
		expect(await largestPrograms("win32", run)).toEqual([]);
	});

	it("reads /proc on Linux, five at most", async () => {
		const root = mkdtempSync(join(tmpdir(), "plimsoll-proc-"));
		try {
			for (const pid of [1, 2, 3, 4, 5, 6, 7]) {
				mkdirSync(join(root, "proc", String(pid)), { recursive: true });
				writeFileSync(join(root, "proc", String(pid), "status"), `Name:\tp${pid}\nVmRSS:\t${pid} kB\n`);
			}
			const found = await largestPrograms("linux", undefined, root);
			expect(found.map(({ name }) => name)).toEqual(["p7", "p6", "p5", "p4", "p3"]);
			expect(found[0]?.bytes).toBe(7 * 1024);
		} finally {
			rmSync(root, { recursive: true });
		}
	});

	it("names a program by its outermost app", () => {
		expect(programName("/opt/homebrew/bin/ollama")).toBe("ollama");
		expect(programName("/Applications/A B.app/Contents/MacOS/a")).toBe("A B");
	});
});
