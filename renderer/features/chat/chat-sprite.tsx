import type { ReactNode } from "react";
import { Drawings } from "../../drawings.tsx";

/** Drawings that only the chat page has. */
export function ChatSprite(): ReactNode {
	return (
		<Drawings>
			<symbol id="i-list" viewBox="0 0 16 16">
				<path d="M5.5 4h8.2M5.5 8h8.2M5.5 12h8.2M2.3 4h.2M2.3 8h.2M2.3 12h.2" />
			</symbol>
			<symbol id="i-search" viewBox="0 0 16 16">
				<circle cx="7" cy="7" r="4.3" />
				<path d="m10.2 10.2 3.5 3.5" />
			</symbol>
			<symbol id="i-route" viewBox="0 0 16 16">
				<path d="M1.8 8h3.4c2.6 0 2.6-4 5.2-4h3M5.2 8c2.6 0 2.6 4 5.2 4h3M11.7 2.2 13.5 4l-1.8 1.8M11.7 10.2 13.5 12l-1.8 1.8" />
			</symbol>
			<symbol id="i-dot" viewBox="0 0 16 16">
				<circle cx="8" cy="8" r="3.2" />
			</symbol>
			<symbol id="i-skip" viewBox="0 0 16 16">
				<path d="M4 8h8" />
			</symbol>
			<symbol id="i-more" viewBox="0 0 16 16">
				<path d="M3.2 8h.2M7.9 8h.2M12.6 8h.2" strokeWidth="2" />
			</symbol>
			<symbol id="i-edit" viewBox="0 0 16 16">
				<path d="m10.6 2.9 2.5 2.5-7.6 7.6-3 .5.5-3z" />
			</symbol>
		</Drawings>
	);
}
