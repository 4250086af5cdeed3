import { createMemoryTransport } from "../../electron/core/ipc/memory-transport.ts";
import { openPopoverSession } from "../../electron/core/ipc/popover-session.ts";
import { describeContract } from "./contract.ts";

describeContract("memory", async (registrar) => ({
	async connect() {
		const session = openPopoverSession(registrar);
		return {
			transport: createMemoryTransport(session),
			async close() {
				session.close();
			},
		};
	},
	cut: null,
	async close() {
		// Nothing outlives its sessions.
	},
}));
