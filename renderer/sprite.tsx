import { memo, type ReactNode } from "react";
import { Drawings } from "./drawings.tsx";

/** Every drawing of the popover, once; icons and marks refer to it. */
export const Sprite = memo(function Sprite(): ReactNode {
	return (
		<Drawings>
			<symbol id="i-gear" viewBox="0 0 16 16">
				<path d="M6.52 3.22L6.9 1.59L9.1 1.59L9.48 3.22L10.33 3.58L11.75 2.69L13.31 4.25L12.42 5.67L12.78 6.52L14.41 6.9L14.41 9.1L12.78 9.48L12.42 10.33L13.31 11.75L11.75 13.31L10.33 12.42L9.48 12.78L9.1 14.41L6.9 14.41L6.52 12.78L5.67 12.42L4.25 13.31L2.69 11.75L3.58 10.33L3.22 9.48L1.59 9.1L1.59 6.9L3.22 6.52L3.58 5.67L2.69 4.25L4.25 2.69L5.67 3.58z" />
				<circle cx="8" cy="8" r="2.1" />
			</symbol>
			<symbol id="i-eject" viewBox="0 0 16 16">
				<path d="M8 3.2 12.8 9H3.2zM3.2 12.4h9.6" />
			</symbol>
			<symbol id="i-pin" viewBox="0 0 16 16">
				<path d="M5.6 2.3h4.8M6.3 2.3v4L4.2 8.9h7.6L9.7 6.3v-4M8 8.9v4.8" />
			</symbol>
			<symbol id="i-pin-on" viewBox="0 0 16 16">
				<path fill="currentColor" d="M6.3 2.3v4L4.2 8.9h7.6L9.7 6.3v-4z" />
				<path d="M5.6 2.3h4.8M8 8.9v4.8" />
			</symbol>
			<symbol id="i-flush" viewBox="0 0 16 16">
				<path d="M8 1.8v6.4M5.2 5.6 8 8.4l2.8-2.8M1.5 12c1.1 0 1.1 1.3 2.2 1.3S4.8 12 5.9 12 7 13.3 8.1 13.3 9.2 12 10.3 12s1.1 1.3 2.2 1.3S13.6 12 14.5 12" />
			</symbol>
			<symbol id="i-back" viewBox="0 0 16 16">
				<path d="M9.8 3.2 5 8l4.8 4.8" />
			</symbol>
			<symbol id="i-right" viewBox="0 0 16 16">
				<path d="M6 3.5 10.5 8 6 12.5" />
			</symbol>
			<symbol id="i-down" viewBox="0 0 16 16">
				<path d="M3.5 6 8 10.5 12.5 6" />
			</symbol>
			<symbol id="i-updown" viewBox="0 0 16 16">
				<path d="M4.8 6.2 8 3l3.2 3.2M4.8 9.8 8 13l3.2-3.2" />
			</symbol>
			<symbol id="i-send" viewBox="0 0 16 16">
				<path d="M8 13V3.2M3.8 7.2 8 3l4.2 4.2" />
			</symbol>
			<symbol id="i-stop" viewBox="0 0 16 16">
				<rect x="4" y="4" width="8" height="8" rx="1.5" fill="currentColor" stroke="none" />
			</symbol>
			<symbol id="i-plus" viewBox="0 0 16 16">
				<path d="M8 3v10M3 8h10" />
			</symbol>
			<symbol id="i-copy" viewBox="0 0 16 16">
				<rect x="5.5" y="5.5" width="8" height="8" rx="1.8" />
				<path d="M10.5 3.3A1.5 1.5 0 0 0 9.2 2.5H4.3a1.8 1.8 0 0 0-1.8 1.8v4.9c0 .6.3 1 .8 1.3" />
			</symbol>
			<symbol id="i-check" viewBox="0 0 16 16">
				<path d="m3 8.5 3.3 3.3L13 4.8" />
			</symbol>
			<symbol id="i-x" viewBox="0 0 16 16">
				<path d="m4 4 8 8M12 4l-8 8" />
			</symbol>
			<symbol id="i-warn" viewBox="0 0 16 16">
				<path d="M8 2.3 14.6 13.5H1.4zM8 6.5v3.2M8 11.6v.1" />
			</symbol>
			<symbol id="i-info" viewBox="0 0 16 16">
				<circle cx="8" cy="8" r="6.2" />
				<path d="M8 7.3v3.8M8 4.9v.1" />
			</symbol>
			<symbol id="i-refresh" viewBox="0 0 16 16">
				<path d="M13.2 8A5.2 5.2 0 1 1 11.4 4M11.7 1.6V4.3H9" />
			</symbol>
			<symbol id="i-cloud" viewBox="0 0 16 16">
				<path d="M4.6 12.5h6.9a2.7 2.7 0 0 0 .4-5.4A4 4 0 0 0 4.3 6.2a3.2 3.2 0 0 0 .3 6.3z" />
			</symbol>
			<symbol id="i-loaded" viewBox="0 0 16 16">
				<path fill="currentColor" stroke="none" d="M8 2.5 13.5 12.5h-11z" />
			</symbol>
			<symbol id="i-unloaded" viewBox="0 0 16 16">
				<path d="M8 13 3 4h10z" />
			</symbol>
			<symbol id="i-emergency" viewBox="0 0 16 16">
				<path fill="currentColor" stroke="none" d="M8 1.2 14.8 8 8 14.8 1.2 8z" />
			</symbol>
			<symbol id="i-image" viewBox="0 0 16 16">
				<path d="M3.7 2.7h8.6a2 2 0 0 1 2 2v6.6a2 2 0 0 1-2 2H3.7a2 2 0 0 1-2-2V4.7a2 2 0 0 1 2-2zM2 11.8l3.6-3 2.3 1.8 3-3.4 3.2 3.3M5.4 6.2v.1" />
			</symbol>
			<symbol id="mark-normal" viewBox="0 0 18 18">
				<path d="M9 2a7 7 0 1 1 0 14A7 7 0 0 1 9 2zm0 1.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z" />
				<path d="M0 8h18v2H0zM3.5 12h11a6.250 6.250 0 0 1-11 0z" />
			</symbol>
			<symbol id="mark-elevated" viewBox="0 0 18 18">
				<path d="M9 2a7 7 0 1 1 0 14A7 7 0 0 1 9 2zm0 1.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z" />
				<path d="M0 8h18v2H0zM2.750 9h12.5a6.250 6.250 0 0 1-12.5 0z" />
			</symbol>
			<symbol id="mark-high" viewBox="0 0 18 18">
				<path d="M2.1 8a7 7 0 0 1 13.8 0H18v2h-2.1a7 7 0 0 1-13.8 0H0V8zM4 8v2h10V8z" fillRule="evenodd" />
			</symbol>
			<symbol id="mark-critical" viewBox="0 0 18 18">
				<path fillRule="evenodd" d="M9 2a7 7 0 1 1 0 14A7 7 0 0 1 9 2zM8 4.5V10h2V4.5zM8 11.5v2h2v-2z" />
				<path d="M0 8h2.5v2H0zM15.5 8H18v2h-2.5z" />
			</symbol>
			<symbol id="mark-offline" viewBox="0 0 18 18">
				<circle
					cx="9"
					cy="9"
					r="6.250"
					fill="none"
					stroke="currentColor"
					strokeWidth="1.5"
					strokeDasharray="2.709 2.2"
					strokeDashoffset="-1.1"
				/>
				<path d="M0 8h5v2H0zM13 8h5v2h-5z" />
			</symbol>
			<symbol id="mark-busy" viewBox="0 0 18 18">
				<path d="M9 2a7 7 0 1 1 0 14A7 7 0 0 1 9 2zm0 1.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z" />
				<path d="M0 8h2.5v2H0zM15.5 8H18v2h-2.5z" />
				<path
					fill="none"
					stroke="currentColor"
					strokeWidth="1.750"
					d="M2.5 9c1.5 0 1.4-2 3-2 2.2 0 1.9 4 3.5 4s1.3-4 3.5-4c1.6 0 1.5 2 3 2"
				/>
			</symbol>
		</Drawings>
	);
});
