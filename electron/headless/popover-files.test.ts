import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { POPOVER_CSP, readPopoverFiles } from "./popover-files.ts";

let folder: string;
let server: Server;

/** Asks with a path exactly as given: fetch would tidy it up. */
function ask(
	path: string,
	method = "GET",
): Promise<{ status: number; text: string; headers: NodeJS.Dict<string | string[]> }> {
	return new Promise((resolve, reject) => {
		const call = request(
			{ host: "127.0.0.1", port: (server.address() as AddressInfo).port, path, method },
			(answer) => {
				let text = "";
				answer.on("data", (part: Buffer) => (text += part.toString()));
				answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text, headers: answer.headers }));
			},
		);
		call.on("error", reject);
		call.end();
	});
}

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "plimsoll-files-"));
	await mkdir(join(folder, "renderer/assets"), { recursive: true });
	await writeFile(join(folder, "secret.txt"), "secret");
	await symlink(join(folder, "secret.txt"), join(folder, "renderer/link.txt"));
	await writeFile(
		join(folder, "renderer/index.html"),
		'<html><head lang="x"><script src="a.js"></script></head></html>',
	);
	await writeFile(join(folder, "renderer/assets/app-12345678.js"), "1");
	await writeFile(join(folder, "bridge.js"), "bridge");
	const files = await readPopoverFiles(join(folder, "renderer"), join(folder, "bridge.js"));
	server = createServer((incoming, response) => files.answer(incoming, response, ["X-Given", "yes"]));
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
	await new Promise((resolve) => server.close(resolve));
	await rm(folder, { recursive: true, force: true });
});

describe("the popover's files", () => {
	it("come with their policy, and the page has the bridge before its own scripts", async () => {
		const page = await ask("/popover/");
		expect(page.status).toBe(200);
		expect(page.headers).toMatchObject({
			"content-security-policy": POPOVER_CSP,
			"cache-control": "no-store",
			"x-given": "yes",
			"x-content-type-options": "nosniff",
		});
		expect(page.text.indexOf("/popover/bridge.js")).toBeLessThan(page.text.indexOf("a.js"));
		expect((await ask("/popover/bridge.js")).text).toBe("bridge");
		expect((await ask("/popover/?x=1#y")).status).toBe(200);
	});

	it("are kept by the browser only where their names change with their content", async () => {
		expect((await ask("/popover/assets/app-12345678.js")).headers["cache-control"]).toContain("immutable");
	});

	it.each([
		"/popover/../secret.txt",
		"/popover/%2e%2e/secret.txt",
		"/popover/..%2fsecret.txt",
		"/popover//etc/passwd",
		"/popover/link.txt",
		"/popover/assets",
		"/popover/nothing.js",
		"/popover/index.html/",
	])("are all there is: %s is not found", async (path) => {
		const answer = await ask(path);
		expect(answer.status).toBe(404);
		expect(answer.text).not.toContain("secret\n");
	});

	it("are found without the last slash, and only read", async () => {
		expect(await ask("/popover")).toMatchObject({ status: 308, headers: { location: "/popover/" } });
		expect(await ask("/popover/", "HEAD")).toMatchObject({ status: 200, text: "" });
		for (const method of ["POST", "PUT", "DELETE"]) expect((await ask("/popover/", method)).status).toBe(405);
	});

	it("say what to do where the popover was not built", async () => {
		const none = await readPopoverFiles(join(folder, "nowhere"), join(folder, "bridge.js"));
		expect(none.built).toBe(false);
	});
});
