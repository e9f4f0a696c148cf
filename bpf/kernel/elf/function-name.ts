/**
 * The name that a rule gives to a function of a file: `NAME`, `FILE.c:NAME` for a static one,
 * `NAME@VERSION`, or the address that nm(1) and objdump(1) show.
 */
export interface FunctionName {
  readonly name: string;
  /** source file of a static function, without its folder */
  readonly file?: string;
  readonly version?: string;
}

/** Names of source files contain a dot. Few folders do, and no C name has one before a colon. */
const NAME = /^(?:([^:/]+\.\w+):)?([^:@]+)(?:@@?([\w.]+))?$/;

/** Parses a function name. A text in none of these forms is one name, as in C++ and Rust. */
export function parseFunctionName(spelled: string): FunctionName {
  const [, file, name = spelled, version] = NAME.exec(spelled) ?? [];
  return { name, ...(file !== undefined && { file }), ...(version !== undefined && { version }) };
}

/** Returns the address that a text spells, or undefined for a name. */
export function addressOf(spelled: string): number | undefined {
  return /^0x[\da-f]{1,13}$/i.test(spelled) ? Number(spelled) : undefined;
}

/**
 * Splits a probe's `PATH:FUNCTION`. A path may contain colons, so the text before the last colon is
 * the path if there is such a file.
 *
 * @param exists true if a path or library name is a file
 */
export function splitTarget(
  rest: string,
  exists: (path: string) => boolean,
): { readonly path: string; readonly place: string } {
  const colon = rest.lastIndexOf(":");
  const path = rest.slice(0, Math.max(colon, 0));
  const earlier = path.lastIndexOf(":");
  const isFile = earlier > 0 && /^[^:/]+\.\w+$/.test(path.slice(earlier + 1));
  if (!isFile || exists(path)) return { path, place: rest.slice(colon + 1) };
  return { path: path.slice(0, earlier), place: rest.slice(earlier + 1) };
}
