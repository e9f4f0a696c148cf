import { globSync } from "node:fs";

/** The source files whose comments are checked, in the checkout that is the current folder. */
export function sourceFiles(): readonly string[] {
  return globSync(["{bpf,daemon,packaging,test}/**/*.{ts,mjs}"], {
    exclude: ["**/node_modules/**", "**/dist/**"],
  }).toSorted();
}
