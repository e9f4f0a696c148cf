/** True if a whole text matches a glob of the language: `*` and `?` match `/` as well. */
export function matchesGlob(text: string, glob: string): boolean {
  const pattern = glob.replace(
    /\\(.)|\[(!?)((?:\\.|[^\]])+)\]|[*?]|[.+^${}()|]/gs,
    (piece, escaped: string | undefined, not: string | undefined, set: string | undefined) => {
      if (escaped !== undefined) return escaped.replace(/[^\w]/g, "\\$&");
      if (set !== undefined) return `[${not === "!" ? "^" : ""}${set.replace(/[\\\]^]/g, "\\$&")}]`;
      if (piece === "*") return ".*";
      return piece === "?" ? "." : `\\${piece}`;
    },
  );
  return new RegExp(`^(?:${pattern})$`, "su").test(text);
}
