import { dirname, join } from "node:path/posix";
import { importsOf } from "./imports-of.ts";

/**
 * Returns the circles among files that import each other, imports of types counted: each as a way
 * `A -> B -> A`, one for each file that closes one.
 * @param texts what is in each file, by its path relative to the checkout
 */
export function circlesOf(texts: ReadonlyMap<string, string>): readonly string[] {
  const circles: string[] = [];
  const seen = new Set<string>();
  const way: string[] = [];
  const visit = (path: string): void => {
    if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(" -> "));
    if (seen.has(path)) return;
    seen.add(path);
    way.push(path);
    for (const target of targetsOf(path, texts)) visit(target);
    way.pop();
  };
  for (const path of texts.keys()) visit(path);
  return circles;
}

function targetsOf(path: string, texts: ReadonlyMap<string, string>): readonly string[] {
  return importsOf(texts.get(path) ?? "")
    .filter(({ specifier }) => specifier.startsWith("."))
    .map(({ specifier }) => join(dirname(path), specifier))
    .filter((target) => texts.has(target));
}
