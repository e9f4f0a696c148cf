import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const SOURCE = /^(?:bpf|daemon|packaging)\/.*\.m?ts$|^packaging\/.*\.mjs$/;

/**
 * Replaces each source file by the paths of its tests, so that `npm test --
 * daemon/notify/alerting.ts` runs them.
 * @param patterns parts of paths, or source files of the checkout in the current folder
 */
export function withoutSources(patterns: readonly string[]): readonly string[] {
  return patterns.flatMap((pattern) => {
    const path = relative(".", resolve(pattern));
    return SOURCE.test(path) && existsSync(path) ? testsOf(path) : [pattern];
  });
}

/**
 * Returns the test file of the source's name below `test`, or else what the README of the source's
 * folder, or of the nearest folder above it, names as tests.
 */
export function testsOf(source: string): readonly string[] {
  const twin = join("test", source.replace(/\.\w+$/, ".test.ts"));
  if (existsSync(twin)) return [twin];
  for (let folder = dirname(source); folder !== "."; folder = dirname(folder)) {
    const named = testsNamedIn(join(folder, "README.md"));
    if (named.length > 0) return named;
  }
  return [];
}

function testsNamedIn(readme: string): readonly string[] {
  if (!existsSync(readme)) return [];
  const [, line = ""] = /^- \*\*Tests\*\*: (.*(?:\n  .*)*)/m.exec(readFileSync(readme, "utf8")) ?? [];
  return [...line.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path);
}
