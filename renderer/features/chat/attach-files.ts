import { MAX_PICTURES } from "../../../shared/chat.ts";
import { AppError } from "../../../shared/errors.ts";
import { api } from "../../api.ts";
import { coreNow } from "../../store.ts";

/** Longest side of a picture as it is sent; models scale down further by themselves. */
const LONGEST_PX = 1_568;

const QUALITY = 0.86;

/** What the first bytes of a HEIC file say: its size, “ftyp”, and one of these. */
const HEIC_BRANDS = /^....ftyp(?:heic|heix|hevc|heim|heis|mif1|msf1)/s;

async function isHeic(file: File): Promise<boolean> {
	if (/\.hei[cf]$/i.test(file.name) || /^image\/hei[cf]/.test(file.type)) return true;
	const head = new Uint8Array(await file.slice(0, 12).arrayBuffer());
	return HEIC_BRANDS.test(String.fromCharCode(...head));
}

async function base64Of(blob: Blob): Promise<string> {
	const bytes = new Uint8Array(await blob.arrayBuffer());
	let text = "";
	for (let at = 0; at < bytes.length; at += 0x8000)
		text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
	return btoa(text);
}

/** A file as a JPEG of at most 1,568 pixels a side. Throws `picture-heic` or `picture-unreadable`. */
async function jpegOf(file: File): Promise<{ data: string; widthPx: number; heightPx: number }> {
	if (await isHeic(file)) throw AppError.of("picture-heic", { name: file.name });
	const bitmap = await createImageBitmap(file).catch((thrown: unknown) => {
		throw AppError.of("picture-unreadable", { name: file.name }, thrown);
	});
	const scale = Math.min(1, LONGEST_PX / Math.max(bitmap.width, bitmap.height));
	const widthPx = Math.max(1, Math.round(bitmap.width * scale));
	const heightPx = Math.max(1, Math.round(bitmap.height * scale));
	const canvas = new OffscreenCanvas(widthPx, heightPx);
	const context = canvas.getContext("2d");
	if (context === null) throw AppError.of("picture-unreadable", { name: file.name });
	// A JPEG has no transparency, and what shows through would be black.
	context.fillStyle = "white";
	context.fillRect(0, 0, widthPx, heightPx);
	context.drawImage(bitmap, 0, 0, widthPx, heightPx);
	bitmap.close();
	const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
	return { data: await base64Of(blob), widthPx, heightPx };
}

/** Adds pictures to the next question, scaled; the first that cannot be read is told and ends it. */
export async function attachFiles(files: readonly File[]): Promise<void> {
	const room = MAX_PICTURES - coreNow().chat.attached.length;
	if (files.length > room) throw AppError.of("too-many-pictures", { count: MAX_PICTURES });
	for (const file of files) {
		const picture = await jpegOf(file);
		// A pasted picture has the browser's name, which says nothing.
		await api.attachPicture({ ...picture, name: file.name === "image.png" ? "" : file.name.slice(0, 255) });
	}
}
