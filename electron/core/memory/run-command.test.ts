import { expect, it } from "vitest";
import { runCommand } from "./run-command.ts";

const node = process.execPath;

it("returns what a program wrote and its exit code, with plain C formats", async () => {
	const script = "console.log(process.env.LC_ALL); console.error('hm'); process.exitCode = 3";
	const result = await runCommand(node, ["-e", script], { timeoutMs: 20_000 });
	expect(result).toEqual({ exitCode: 3, stdout: "C\n", stderr: "hm\n" });
});

it("takes a missing program for an answer without an exit code", async () => {
	const result = await runCommand("/nowhere/at-all", [], { timeoutMs: 1000 });
	expect(result).toEqual({ exitCode: null, stdout: "", stderr: "" });
});

it("ends a program that takes too long, and keeps what it wrote", async () => {
	const script = "process.stdout.write('begun', () => setInterval(() => {}, 1000))";
	const result = await runCommand(node, ["-e", script], { timeoutMs: 1500 });
	expect(result.exitCode).toBeNull();
});
