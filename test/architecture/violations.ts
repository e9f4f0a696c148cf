import { basename, dirname, join } from "node:path/posix";
import { type Place, importTable } from "./import-table.ts";
import { type Import, importsOf } from "./imports-of.ts";

const MAX_LINES = 400;

/**
 * Modules of Node that a pure stage may use: they neither read nor write anything outside the
 * process.
 */
const PURE_MODULES = [
  "node:assert",
  "node:assert/strict",
  "node:buffer",
  "node:crypto",
  "node:net",
  "node:path",
  "node:util",
];

/** Files in which time may be read; everywhere else it is passed as a value. */
const CLOCK = "daemon/service/clock.ts";
const TIME_READ = /^(?!\s*(?:\/\/|\/?\*)).*(?:\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|\bhrtime[.(])/;

/**
 * Returns the violations of a source file, as `path:line: message`.
 * @param path relative to the checkout, with forward slashes
 */
export function violationsOf(path: string, text: string): readonly string[] {
  const imports = importsOf(text);
  return [
    ...tooLong(path, text),
    ...imports.flatMap((each) => wrongForm(path, each)),
    ...(isTest(path) ? [] : [...placeViolations(path, imports), ...clockReads(path, text)]),
  ];
}

function tooLong(path: string, text: string): readonly string[] {
  const lines = text.split("\n");
  const argued = lines.slice(0, 5).some((line) => /^\/\/ long: \S/.test(line));
  if (lines.length - 1 <= MAX_LINES || argued) return [];
  return [
    `${path}:${MAX_LINES + 1}: more than ${MAX_LINES} lines; split it, or give the reason in its first lines as "// long: ..."`,
  ];
}

/**
 * A relative import names its file; nothing is imported through a list of re-exports, except a
 * package's own face.
 */
function wrongForm(path: string, { specifier, line }: Import): readonly string[] {
  if (!specifier.startsWith(".")) return [];
  if (!/\.(ts|mjs|json)$/.test(specifier))
    return [`${path}:${line}: expected an import of a file, found "${specifier}"`];
  if (!specifier.endsWith("/index.ts") || path.startsWith("bpf/libbpf-ts/")) return [];
  return [`${path}:${line}: "${specifier}" is a list of re-exports; import the file that defines the name`];
}

function placeViolations(path: string, imports: readonly Import[]): readonly string[] {
  const place = placeOf(path);
  if (place === undefined)
    return [`${path}:1: no row of test/architecture/import-table.ts says what may be imported here`];
  return imports.flatMap(({ specifier, line }) =>
    isAllowed(place, path, specifier) ? [] : [`${path}:${line}: ${place.path} may not import "${specifier}"`],
  );
}

function isAllowed(place: Place, path: string, specifier: string): boolean {
  if (specifier.startsWith("node:")) return place.pure !== true || PURE_MODULES.includes(specifier);
  if (!specifier.startsWith(".")) return place.mayImport.includes(packageOf(specifier));
  const target = placeOf(join(dirname(path), specifier));
  return target !== undefined && (target === place || place.mayImport.includes(target.path));
}

/** `@scope/name/file` is of the package `@scope/name`. */
function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function placeOf(path: string): Place | undefined {
  const places = [path, `${dirname(path)}/*.ts`, `${dirname(dirname(path))}/*/${basename(path)}`];
  return importTable.find((place) => path.startsWith(`${place.path}/`) || places.includes(place.path));
}

function clockReads(path: string, text: string): readonly string[] {
  if (path === CLOCK) return [];
  return text
    .split("\n")
    .flatMap((line, index) =>
      TIME_READ.test(line) ? [`${path}:${index + 1}: time is read in ${CLOCK} only; take it as a value`] : [],
    );
}

function isTest(path: string): boolean {
  return path.startsWith("test/") || path.startsWith("bpf/libbpf-ts/test/") || path.endsWith(".test.ts");
}
