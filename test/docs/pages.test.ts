import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, test } from "node:test";
import manifest from "../../package.json" with { type: "json" };
import { PAGES, proseOf, ROOT, type Page } from "./pages.ts";

const COLUMNS = 100;

/** The anchors that a hosting site makes of headings. */
function anchorsOf({ text }: Page): ReadonlySet<string> {
  const headings = [...text.replaceAll(/^```.*?^```$/gms, "").matchAll(/^#+ (.*)$/gm)];
  return new Set(
    headings.map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, "")
        .replaceAll(" ", "-"),
    ),
  );
}

function brokenLinks(page: Page): readonly string[] {
  const links = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  return links.filter((link) => !/^https?:/.test(link) && !leadsSomewhere(page, link));
}

function leadsSomewhere(page: Page, link: string): boolean {
  const [file = "", anchor] = link.split("#");
  const path = file === "" ? page.path : relative(ROOT, join(ROOT, dirname(page.path), file));
  const target = PAGES.find((each) => each.path === path);
  if (anchor !== undefined && target !== undefined) return anchorsOf(target).has(anchor);
  return existsSync(join(ROOT, path));
}

/**
 * Sources and folders that a page names from the root of the repository; capital letters stand for
 * any name.
 */
function missingPaths(page: Page): readonly string[] {
  const named = [...proseOf(page).matchAll(/`((?:bpf|daemon|test|schemas|packaging|rules\.d|docs)\/[\w./-]+)`/g)];
  const paths = named.map(([, path = ""]) => path).filter((path) => !/[A-Z]{3}/.test(path));
  return paths.filter((path) => !existsSync(join(ROOT, path)));
}

describe("pages", () => {
  for (const page of PAGES) {
    test(`${page.path} fits into ${COLUMNS} columns, and everything that it names exists`, () => {
      const wide = page.text.split("\n").filter((line) => Array.from(line).length > COLUMNS);
      assert.deepEqual(wide, []);
      assert.deepEqual(brokenLinks(page), []);
      assert.deepEqual(missingPaths(page), []);
    });
  }

  test("the README is at most 120 lines", () => {
    const lines =
      PAGES.find(({ path }) => path === "README.md")
        ?.text.trimEnd()
        .split("\n") ?? [];
    assert.ok(lines.length > 60 && lines.length <= 120, `${lines.length} lines`);
  });

  test("the README compares with the figures of docs/benchmarks.md", () => {
    const of = (page: string): string => PAGES.find(({ path }) => path === page)?.text ?? "";
    const [, ours, theirs, c] =
      /^\| `count\(\)` +\| (\d+) +\| (\d+) +\| (\d+) +\|$/m.exec(of("docs/benchmarks.md")) ?? [];
    assert.ok(ours !== undefined);
    assert.match(of("README.md"), new RegExp(`C takes ${c} +\\| ${ours} \\(9\\) +\\| ${theirs} `));
  });

  test("docs/README.md leads to every page", () => {
    const index = PAGES.find(({ path }) => path === "docs/README.md")?.text ?? "";
    const pages = PAGES.map(({ path }) => path).filter((path) => /^docs\/(?!adding\/|README)/.test(path));
    assert.deepEqual(
      pages.filter((path) => !index.includes(`(${relative("docs", path)})`)),
      [],
    );
  });

  test("docs/architecture.md names every folder of sources, and every package", () => {
    const text = PAGES.find(({ path }) => path === "docs/architecture.md")?.text ?? "";
    const folders = ["bpf", "daemon"].flatMap((parent) =>
      readdirSync(join(ROOT, parent), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => `${parent}/${name}`),
    );
    const packages = [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies].flatMap(
      Object.keys,
    );
    const lacking = [...folders, ...packages].filter((name) => !text.includes(`\`${name}\``));
    assert.deepEqual(lacking, ["libbpf-ts"]);
  });
});
