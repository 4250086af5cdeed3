/** A column: its heading and the side its cells lean on. */
export interface Column {
	readonly title: string;
	readonly align: "left" | "right";
}

/** Columns a text takes on a terminal; combining marks take none, wide East Asian characters two. */
export function displayWidth(text: string): number {
	let width = 0;
	for (const character of text.normalize("NFC")) {
		if (/\p{Mark}|\p{Cf}/u.test(character)) continue;
		width +=
			/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
				character,
			)
				? 2
				: 1;
	}
	return width;
}

/** Rows under headings, columns aligned and two blanks apart, no blanks at line ends. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
	const widths = columns.map((column, index) =>
		Math.max(displayWidth(column.title), ...rows.map((row) => displayWidth(row[index] ?? ""))),
	);
	const line = (cells: readonly string[]): string =>
		columns
			.map((column, index) => {
				const cell = cells[index] ?? "";
				const blanks = " ".repeat((widths[index] ?? 0) - displayWidth(cell));
				return column.align === "right" ? blanks + cell : cell + blanks;
			})
			.join("  ")
			.trimEnd();
	return [line(columns.map((column) => column.title)), ...rows.map(line)].join("\n");
}
