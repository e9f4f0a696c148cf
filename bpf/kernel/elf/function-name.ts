/** How a rule names a function of a file: `NAME`, `FILE.c:NAME` of a static one, `NAME@VERSION`, or the address that nm(1) and objdump(1) show. */
export interface FunctionName {
  readonly name: string;
  /** the source file that it is static in, without its folder */
  readonly file?: string;
  readonly version?: string;
}

/** Names of source files have a dot; so do few folders, and no name of C before a colon. */
const NAME = /^(?:([^:/]+\.\w+):)?([^:@]+)(?:@@?([\w.]+))?$/;

/** Taken apart; a name that is spelled as none of these is one as a whole, as those of C++ and Rust may be. */
export function parseFunctionName(spelled: string): FunctionName {
  const [, file, name = spelled, version] = NAME.exec(spelled) ?? [];
  return { name, ...(file !== undefined && { file }), ...(version !== undefined && { version }) };
}

/** The address that a place is spelled as; undefined for a name. */
export function addressOf(spelled: string): number | undefined {
  return /^0x[\da-f]{1,13}$/i.test(spelled) ? Number(spelled) : undefined;
}

/**
 * A probe's file and the function in it, as `PATH:FUNCTION`. A path may have colons, so what stands before the last one is the path where there
 * is such a file.
 * @param exists whether a path or library name is a file
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
