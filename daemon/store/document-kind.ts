/** Documents of one shape: a record of whoever owns them. */
export interface DocumentKind<Document> {
  readonly name: string;
  /** of the shape: raised when it changes. A document of another version is as good as none, unless `read` knows how to take it. */
  readonly version: number;
  /** whether its documents are of use only once, right after the start: they are not held in memory after that */
  readonly isReadOnce?: boolean;
  /** The document that was stored as `json` under `version`. Throws where it is none: the message says why. */
  readonly read: (json: unknown, version: number) => Document | undefined;
}

/**
 * A kind whose documents are taken as they were stored, and of no other version than this one. They must be plain JSON.
 *
 * @param faultOf what is wrong with what was stored, in words; undefined where it is a document of the kind
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
