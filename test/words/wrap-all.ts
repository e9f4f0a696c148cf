// `npm run format` ends with this: wraps the comments of all source files that are too wide.
import { readFileSync, writeFileSync } from "node:fs";
import { sourceFiles } from "./source-files.ts";
import { wrapComments } from "./wrap-comments.ts";

for (const path of sourceFiles()) {
  const text = readFileSync(path, "utf8");
  const wrapped = wrapComments(text);
  if (wrapped !== text) writeFileSync(path, wrapped);
}
