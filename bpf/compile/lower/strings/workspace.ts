/*
 * The memory in which a string is composed: u64 cursor, then the text, then slack. The verifier
 * knows only that the cursor is within the text, so a read there may seem to reach beyond it.
 */
export const WORKSPACE_CURSOR = 0;
export const WORKSPACE_TEXT = 8;

/** The most bytes of a composed string, with its NUL. */
export const COMPOSED_BYTES = 4096;

/** The bits of a text's start within its workspace. */
export const TEXT_MASK = 2 * COMPOSED_BYTES - 1;

export const WORKSPACE_BYTES = WORKSPACE_TEXT + 2 * COMPOSED_BYTES + 272;
