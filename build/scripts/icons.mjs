import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "@playwright/test";
import { root } from "./build.mjs";

/** Where the drawings lie and the pictures go; the pictures are never drawn by hand. */
const folder = join(root, "build", "icons");

/** Tray icons: macOS takes template images of 18 points, at one and two pixels a point. */
const trayIcons = ["normal", "elevated", "high", "critical", "offline", "busy"];

/** Sizes inside an .icns file and the four letters that stand for them (PNG entries of Apple's format). */
const icnsEntries = /** @type {const} */ ([
	["ic07", 128],
	["ic08", 256],
	["ic09", 512],
	["ic10", 1024],
	["ic11", 32],
	["ic12", 64],
	["ic13", 256],
	["ic14", 512],
]);

/** @param {readonly (readonly [string, Buffer])[]} entries */
function icns(entries) {
	const parts = entries.map(([type, png]) => {
		const head = Buffer.alloc(8);
		head.write(type, 0, "latin1");
		head.writeUInt32BE(png.length + 8, 4);
		return Buffer.concat([head, png]);
	});
	const body = Buffer.concat(parts);
	const head = Buffer.alloc(8);
	head.write("icns", 0, "latin1");
	head.writeUInt32BE(body.length + 8, 4);
	return Buffer.concat([head, body]);
}

const executablePath = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find((path) => existsSync(path));
const browser = await chromium.launch({
	...(executablePath === undefined ? { channel: "chrome" } : { executablePath }),
	args: ["--no-sandbox"],
});

/**
 * @param {string} svg
 * @param {number} points
 * @param {number} scale
 */
async function draw(svg, points, scale) {
	const page = await browser.newPage({
		viewport: { width: points, height: points },
		deviceScaleFactor: scale,
	});
	const sized = svg.replace(/<svg /, `<svg style="display:block;width:${points}px;height:${points}px" `);
	await page.setContent(`<body style="margin:0;background:transparent">${sized}</body>`);
	const png = await page.screenshot({ omitBackground: true });
	await page.close();
	return png;
}

await mkdir(folder, { recursive: true });
for (const name of trayIcons) {
	const svg = await readFile(join(folder, `tray-${name}.svg`), "utf8");
	await writeFile(join(folder, `tray-${name}Template.png`), await draw(svg, 18, 1));
	await writeFile(join(folder, `tray-${name}Template@2x.png`), await draw(svg, 18, 2));
}
const app = await readFile(join(folder, "icon.svg"), "utf8");
await writeFile(join(folder, "icon.png"), await draw(app, 1024, 1));
const entries = [];
for (const [type, size] of icnsEntries) entries.push(/** @type {const} */ ([type, await draw(app, size, 1)]));
await writeFile(join(folder, "icon.icns"), icns(entries));
await browser.close();
