/** The two parts of undici that are used. Its index also loads proxies, mocks, caches and WebSockets. */
declare module "undici/lib/dispatcher/agent.js" {
	import type { Agent as AgentClass } from "undici";

	const Agent: typeof AgentClass;
	export default Agent;
}

declare module "undici/lib/web/fetch/index.js" {
	export { fetch } from "undici";
}
