import { startDemoEngine } from "../demo-engine/start.ts";

/** Runs the demo engine in a utility process and tells the app where it is. */
const engine = await startDemoEngine({ port: 0, runners: "simulated" });
process.parentPort.postMessage({ url: engine.url });
