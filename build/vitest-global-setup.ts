import { buildNode, buildRenderer } from "./scripts/build.mjs";

/** Builds what tests start or open: the command line, the demo engine's runner and the popover. */
export default async function setup(): Promise<void> {
	await buildNode({ quiet: true });
	await buildRenderer({ quiet: true });
}
