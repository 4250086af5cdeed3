import { onDemand } from "../../on-demand.tsx";

/** What ends a runner that nothing else helps against. */
export const EndRunner = onDemand(async () => (await import("./end-runner.tsx")).EndRunner);
