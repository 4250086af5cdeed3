import { createRequire } from "node:module";
import type * as Driver from "node-sqlite3-wasm";

/**
 * The driver is a CommonJS package with a .wasm file beside it: it is required, not imported and not bundled, since
 * Node finds no named exports in it.
 */
const driver = createRequire(import.meta.url)("node-sqlite3-wasm") as typeof Driver;

/** An open database. */
export type Database = Driver.Database;
/** Opens a database file. */
export const Database = driver.Database;
/** A row of a query: column name to value. */
export type Row = Driver.QueryResult;
