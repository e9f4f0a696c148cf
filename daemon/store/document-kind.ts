/** Documents of one shape, described by the code that owns them. */
export interface DocumentKind<Document> {
  readonly name: string;
  /**
   * the version of the shape, raised when it changes. A document of another version is dropped,
   * unless `read` can convert it.
   */
  readonly version: number;
  /** the documents are read once, right after the start, and are not kept in memory after that */
  readonly isReadOnce?: boolean;
  /** true for large documents that a restart can do without: others do not wait for them */
  readonly mayWait?: boolean;
  /**
   * Reads a document that was stored as `json` under `version`. Throws with the reason if it is not
   * valid.
   */
  readonly read: (json: unknown, version: number) => Document | undefined;
}

/**
 * Describes documents that are read as they were stored, and in this version only. They must be
 * plain JSON.
 *
 * @param faultOf returns the error in a stored document, or undefined if it is valid
 */
export function documentKind<Document>(
  name: string,
  version: number,
  faultOf: (json: unknown) => string | undefined = () => undefined,
): DocumentKind<Document> {
  const read = (json: unknown, stored: number): Document | undefined => {
    if (stored !== version) throw new Error(`expected version ${version}, found ${stored}`);
    const fault = faultOf(json);
    if (fault !== undefined) throw new Error(fault);
    return json as Document;
  };
  return { name, version, read };
}
