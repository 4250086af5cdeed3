import { version } from "../../package.json";

/** Plimsoll's version. */
export const APP_VERSION: string = version;
