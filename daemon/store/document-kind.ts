/** Documents of one shape: a record of whoever owns them. */
export interface DocumentKind<Document> {
  readonly name: string;
  /** of the shape: raised when it changes. A document of another version is as good as none, unless `read` knows how to take it. */
  readonly version: number;
  /** The document that was stored as `json` under `version`; undefined where it is none. */
  readonly read: (json: unknown, version: number) => Document | undefined;
}

/** A kind whose documents are taken as they were stored, and of no other version than this one. They must be plain JSON. */
export function documentKind<Document>(name: string, version: number): DocumentKind<Document> {
  return { name, version, read: (json, stored) => (stored === version ? (json as Document) : undefined) };
}
