import { closeSync, fstatSync, openSync, realpathSync, type Stats } from "node:fs";
import type { ElfFile } from "../kernel.ts";
import { once } from "../once.ts";
import { readElfImage, type ElfImage } from "./elf-image.ts";
import { findLibrary } from "./find-library.ts";
import { allFunctions, findFunction, functionNames } from "./function-symbols.ts";
import { buildIdOf, staticProbes } from "./static-probes.ts";

/** Opens ELF files by absolute path or library name; a file that has not changed since is not read again. */
export type ElfFiles = (pathOrSoname: string) => ElfFile | string;

/** A fresh memory of files. What it gives is a string in lower case where there is no such file or it cannot be read. */
export function elfFiles(): ElfFiles {
  const known = new Map<string, { readonly identity: string; readonly file: ElfFile }>();
  return (pathOrSoname) => {
    const path = pathOrSoname.startsWith("/") ? pathOrSoname : libraryPath(pathOrSoname);
    if (path === undefined) return "no such library";
    return withFile(path, (descriptor, stats, target) => {
      const identity = [stats.dev, stats.ino, stats.size, stats.mtimeMs].join(" ");
      const before = known.get(target);
      if (before?.identity === identity) return before.file;
      const image = readElfImage(descriptor, stats.size);
      if (typeof image === "string") return image;
      const file = elfFile(target, image);
      known.set(target, { identity, file });
      return file;
    });
  };
}

function libraryPath(name: string): string | undefined {
  return name.includes("/") ? undefined : findLibrary(name);
}

type Use = (descriptor: number, stats: Stats, target: string) => ElfFile | string;

function withFile(path: string, use: Use): ElfFile | string {
  let descriptor: number | undefined;
  try {
    // The links in /proc lead into other mount namespaces, where their text means nothing: those paths stay as they are.
    const target = path.startsWith("/proc/") ? path : realpathSync.native(path);
    descriptor = openSync(target, "r");
    const stats = fstatSync(descriptor);
    return stats.isFile() ? use(descriptor, stats, target) : "not a regular file";
  } catch (error) {
    return reasonOf(error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
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

/** Reads an open file of `bytes` bytes, without remembering it. A string says why it cannot be read. */
export function elfFileAt(descriptor: number, bytes: number, path: string): ElfFile | string {
  const image = readElfImage(descriptor, bytes);
  return typeof image === "string" ? image : elfFile(path, image);
}

function elfFile(path: string, image: ElfImage): ElfFile {
  const buildId = buildIdOf(image);
  return {
    path,
    symbol: (name) => findFunction(image, name),
    symbolNames: () => functionNames(image),
    ...(buildId !== undefined && { buildId }),
    functions: () => allFunctions(image),
    staticProbes: once(() => staticProbes(image)),
  };
}
