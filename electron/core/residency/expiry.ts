/** An entry that leaves the list this close to its expiry left by itself; lists come up to 4 s apart. */
export const EXPIRY_SLACK_MS = 5_000;
