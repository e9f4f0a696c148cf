/** Bytes that a string of unknown length may take in a record, and in a key, with its NUL. */
export const RECORD_STRING_BYTES = 4096;
export const KEY_STRING_BYTES = 256;
