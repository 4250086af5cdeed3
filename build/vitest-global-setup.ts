import { buildNode } from "./scripts/build.mjs";

/** Bundles what tests start as processes of their own: the command line and the demo engine's runner. */
export default async function setup(): Promise<void> {
	await buildNode({ quiet: true });
}
