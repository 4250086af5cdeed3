import { describe, expect, it } from "vitest";
import type { OpenPopover } from "../screens/popover-page.ts";
import { states } from "../screens/states.ts";
import { testPopovers } from "./test-popovers.ts";

const popovers = testPopovers();

async function openTeam(freeGb: number | null): Promise<OpenPopover> {
	const open = await popovers.open({
		state: states.team,
		place: "team",
		answers: {
			modelsDisk: freeGb === null ? null : freeGb * 1024 ** 3,
			corrections: {
				corrections: [{ id: 7, at: 0, prompt: "Sort this", domain: "coding", was: "writing" }],
				days: [],
			},
			exportTeam: "{}",
		},
	});
	await open.page.getByRole("button", { name: /^Forget that this was corrected/ }).waitFor();
	return open;
}

async function called(open: OpenPopover, name: string): Promise<unknown> {
	await expect.poll(async () => (await open.calls()).map((call) => call.name)).toContain(name);
	return (await open.calls()).find((call) => call.name === name)?.argument;
}

describe("the team's page", () => {
	it("opens a member, changes it and saves it by keyboard alone, and gives the focus back", async () => {
		const open = await openTeam(100);
		const { keyboard } = open.page;
		await open.page.getByRole("list", { name: "Members" }).getByRole("listitem").first().focus();
		await keyboard.press("ArrowDown");
		await keyboard.press("ArrowRight");
		await keyboard.press("Enter");
		const name = open.page.getByRole("textbox", { name: "Name" });
		await expect.poll(() => name.evaluate((field) => field === document.activeElement)).toBe(true);
		await keyboard.press("ControlOrMeta+a");
		await keyboard.type("Llama");
		await keyboard.press("Enter");
		expect(await called(open, "saveMember")).toMatchObject({
			member: { id: "llama3_1_8b", name: "Llama", model: "llama3.1:8b", temperature: null },
		});
		const edit = open.page.getByRole("button", { name: "Edit llama3.1:8b" });
		await expect.poll(() => edit.evaluate((button) => button === document.activeElement)).toBe(true);
		await open.close();
	});

	it("leaves an editor with Escape and the page with a second one", async () => {
		const open = await openTeam(100);
		await open.page.getByRole("button", { name: "Edit deepcoder:14b" }).click();
		await open.page.getByRole("textbox", { name: "Name" }).press("Escape");
		await expect.poll(() => open.page.getByRole("textbox", { name: "Name" }).count()).toBe(0);
		await open.page.keyboard.press("Escape");
		await open.page.getByRole("tab", { name: "Now" }).waitFor();
		await open.close();
	});

	it.each([
		[118, "About 9.0 GB to download; 118.0 GB are free."],
		[3, "About 9.0 GB to download, but only 3.0 GB are free."],
		[null, "About 9.0 GB to download. How much is free there cannot be told."],
	])("looks at the disk before a pull: %s GB free", async (freeGb, said) => {
		const open = await openTeam(freeGb);
		await open.page.getByRole("button", { name: /^Pull qwen2.5 14b/ }).click();
		await open.page.getByText(said.replaceAll(" GB", "\u00a0GB")).waitFor();
		expect((await open.calls()).map(({ name }) => name)).not.toContain("pull");
		await open.page.getByRole("button", { name: "Pull", exact: true }).click();
		expect(await called(open, "pull")).toEqual({ model: "qwen2.5:14b" });
		await open.close();
	});

	it("imports a file, chooses a team and forgets a correction", async () => {
		const open = await openTeam(100);
		await open.page
			.locator('input[type="file"]')
			.setInputFiles({ name: "team.json", mimeType: "application/json", buffer: Buffer.from('{"id":"a"}') });
		expect(await called(open, "importTeam")).toEqual({ text: '{"id":"a"}' });
		await open.page.getByRole("combobox", { name: "Team", exact: true }).selectOption("original");
		expect(await called(open, "changeSettings")).toEqual({ router: { team: "original" } });
		await open.page.getByRole("button", { name: /^Forget that this was corrected/ }).click();
		expect(await called(open, "removeCorrection")).toEqual({ id: 7 });
		await open.close();
	});
});
