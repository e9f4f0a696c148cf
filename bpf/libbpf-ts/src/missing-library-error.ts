/** A shared library that this package calls cannot be opened. The message says how to get it. */
export class MissingLibraryError extends Error {
  override readonly name = "MissingLibraryError";
  /** "can not access a needed shared library" (errno(3)): dlopen(3) itself sets no errno */
  readonly code = "ELIBACC";
}
