/**
 * Loaded before a program: gives every request that goes by undici's process-wide dispatcher one second for the head
 * of its answer, where the default is 300. What survives it has no such limit.
 */
import { Agent, setGlobalDispatcher } from "undici";

setGlobalDispatcher(new Agent({ headersTimeout: 1_000, bodyTimeout: 1_000 }));
