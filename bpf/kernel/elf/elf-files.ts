import { closeSync, realpathSync, type BigIntStats } from "node:fs";
import type { ElfFile, ElfSymbol } from "../kernel.ts";
import { addressOf, parseFunctionName } from "./function-name.ts";
import { once } from "../once.ts";
import { ownRoot, resolveInRoot } from "../processes/open-in-root.ts";
import { holdRegular, openHeld } from "../processes/open-regular.ts";
import { readElfImage, type ElfImage } from "./elf-image.ts";
import { BeyondLimit, openFileBytes, ReadBudget, readRange, type FileBytes } from "./file-reader.ts";
import { findLibrary } from "./find-library.ts";
import { allFunctions, findFunction, findFunctions, functionNames, indirectNames } from "./function-symbols.ts";
import { buildIdOf, isGo, staticProbes } from "./static-probes.ts";

/**
 * Opens ELF files by absolute path or library name. A file that has not changed is not read again.
 */
export type ElfFiles = (pathOrSoname: string) => ElfFile | string;

/**
 * Returns a function that opens and remembers files. It returns a text in lower case if there is no
 * such file or it cannot be read.
 */
export function elfFiles(): ElfFiles {
  const known = new Map<string, { readonly identity: string; readonly file: ElfFile }>();
  return (pathOrSoname) => {
    const path = pathOrSoname.startsWith("/") ? pathOrSoname : libraryPath(pathOrSoname);
    if (path === undefined) return "no such library";
    const file = openEachTime(path);
    if (typeof file === "string") return file;
    const before = known.get(file.path);
    if (before?.identity === file.identity) return before.file;
    const opened = file.use((bytes) => openImage(bytes, file.path, file.use));
    if (typeof opened === "object") known.set(file.path, { identity: file.identity, file: opened });
    return opened;
  };
}

function libraryPath(name: string): string | undefined {
  return name.includes("/") ? undefined : findLibrary(name);
}

/**
 * A file that is opened for each question. Its tables are too large to keep, and an open descriptor
 * for each file would be too many.
 */
interface ReopenedFile {
  readonly path: string;
  readonly identity: string;
  readonly use: Use;
}

type Use = <Result>(ask: (file: FileBytes) => Result) => Result;

function openEachTime(path: string): ReopenedFile | string {
  try {
    // A user's FUSE may never answer.
    const resolved = resolveInRoot(ownRoot(), path);
    if (typeof resolved === "object") return resolved.fault;
    // Links in /proc lead into other mount namespaces, where their text has no meaning: such paths
    // stay as they are.
    const target = path.startsWith("/proc/") ? path : realpathSync.native(path);
    const identity = withOpen(target, (stats) => identityOf(stats));
    if (identity === undefined) return "not a regular file";
    const use: Use = (ask) => {
      const result = withOpen(target, (_, descriptor, bytes) => ({ value: ask(openFileBytes(descriptor, bytes)) }));
      if (result === undefined) throw new Error(`"${target}" is no longer a regular file`);
      return result.value;
    };
    return { path: target, identity, use };
  } catch (error) {
    return reasonOf(error);
  }
}

function withOpen<Result>(
  path: string,
  use: (stats: BigIntStats, descriptor: number, bytes: number) => Result,
): Result | undefined {
  const held = holdRegular(path, true);
  if (held === undefined) return undefined;
  let opened: number | undefined;
  try {
    opened = openHeld(held.descriptor);
    return use(held.stats, opened, Number(held.stats.size));
  } finally {
    if (opened !== undefined) closeSync(opened);
    closeSync(held.descriptor);
  }
}

function identityOf({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs].join(" ");
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "no such file",
  EACCES: "permission denied",
  ELOOP: "too many links",
};

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  if (code === undefined) throw error;
  return REASONS[code] ?? `cannot be read (${code})`;
}

/**
 * Reads an open file of `bytes` bytes, which must stay open while it is asked. Returns a text that
 * says why it cannot be read.
 */
export function elfFileAt(descriptor: number, bytes: number, path: string): ElfFile | string {
  return elfFileOf(openFileBytes(descriptor, bytes), path);
}

/** Opens a file from its bytes. Returns a text that says why it cannot be read. */
export function elfFileOf(file: FileBytes, path: string): ElfFile | string {
  return openImage(file, path, (ask) => ask(file));
}

/** Passes the bytes of a regular file to `use`. Returns undefined if there is no such file. */
export function withFileBytes<Result>(path: string, use: (file: FileBytes) => Result): Result | undefined {
  return withOpen(path, (_, descriptor, bytes) => ({ value: use(openFileBytes(descriptor, bytes)) }))?.value;
}

function openImage(first: FileBytes, path: string, use: Use): ElfFile | string {
  const source = new SwitchedFile(first);
  const budget = new ReadBudget(source);
  const image = readElfImage(budget);
  if (typeof image === "string") return image;
  return elfFile(path, image, budget, (ask) =>
    use((file) => {
      source.current = file;
      budget.renew();
      try {
        return ask();
      } finally {
        forgetTables(image);
      }
    }),
  );
}

/** A file that is opened again and again. */
class SwitchedFile implements FileBytes {
  current: FileBytes;

  constructor(current: FileBytes) {
    this.current = current;
  }

  get bytes(): number {
    return this.current.bytes;
  }

  read(into: Buffer, offset: number): number {
    return this.current.read(into, offset);
  }
}

function forgetTables({ symbolTables }: ElfImage): void {
  for (const { strings, symbols, versions, definitions } of symbolTables) {
    for (const part of [strings, symbols, versions, definitions]) part?.forget();
  }
}

const NO_CODE = new Uint8Array();

function elfFile(
  path: string,
  image: ElfImage,
  contents: FileBytes,
  ask: <Result>(question: () => Result) => Result,
): ElfFile {
  const buildId = buildIdOf(image);
  return {
    path,
    symbol: symbolFinder(image, ask),
    symbols: (names) => ask(() => findFunctions(image, names)),
    symbolNames: () => ask(() => functionNames(image)),
    sameNames: () =>
      ask(() => new Map(allFunctions(image).flatMap(({ name, sameName }) => (sameName ? [[name, sameName]] : [])))),
    ...(buildId !== undefined && { buildId }),
    ...(isGo(image) && { isGo: true }),
    ...(image.isStripped && { isStripped: true }),
    indirectNames: () => ask(() => indirectNames(image)),
    code: (at, bytes) => ask(() => readRange(contents, at, Math.min(bytes, contents.bytes - at)) ?? NO_CODE),
    functions: () => ask(() => allFunctions(image)),
    staticProbes: once(() => ask(() => staticProbes(image))),
  };
}

/**
 * The most names that are looked for one by one. For more, all names are read at once: a pattern of
 * a rule asks for hundreds.
 */
const ONE_BY_ONE = 8;

function symbolFinder(image: ElfImage, ask: <Result>(question: () => Result) => Result): ElfFile["symbol"] {
  const found = new Map<string, ElfSymbol | undefined>();
  // Garbage-collected when memory is short: it has an entry for each function.
  let all = new WeakRef<ReadonlyMap<string, ElfSymbol>>(new Map());
  return (name) => {
    if (found.has(name)) return found.get(name);
    const known = all.deref();
    const isPlain = parseFunctionName(name).name === name && addressOf(name) === undefined;
    if (isPlain && known !== undefined && known.size > 0) return known.get(name);
    if (isPlain && found.size >= ONE_BY_ONE) {
      const functions = new Map(ask(() => allFunctions(image)).map((each) => [each.name, each]));
      all = new WeakRef(functions);
      return functions.get(name);
    }
    found.set(
      name,
      ask(() => findFunction(image, name)),
    );
    return found.get(name);
  };
}

/** Returns the answer, or the limit that the file goes beyond as a text. */
export function answerOf<Result>(ask: () => Result): Result | string {
  try {
    return ask();
  } catch (error) {
    if (error instanceof BeyondLimit) return error.message;
    throw error;
  }
}
