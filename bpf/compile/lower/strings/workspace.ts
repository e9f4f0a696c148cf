/*
 * Where a string is put together: u64 cursor, then the text. Slack follows: the verifier knows no better of the cursor than that it lies
 * within the text, so whatever is read there may seem to reach beyond it.
 */
export const WORKSPACE_CURSOR = 0;
export const WORKSPACE_TEXT = 8;

/** What a composed string has at most, with its NUL. */
export const COMPOSED_BYTES = 4096;

/** Of where a text begins within its workspace. */
export const TEXT_MASK = 2 * COMPOSED_BYTES - 1;

export const WORKSPACE_BYTES = WORKSPACE_TEXT + 2 * COMPOSED_BYTES + 272;
