import type { ElfSymbol } from "../kernel.ts";
import type { ElfImage, Segment, SymbolTable } from "./elf-image.ts";
import { addressOf, parseFunctionName, type FunctionName } from "./function-name.ts";
import { bareName, entriesOf, writtenNameAt, type TableEntry } from "./symbol-table.ts";
import { isOlderVersion, versionOf } from "./symbol-versions.ts";

/** A function that has a name. Among several at one address, the one of the highest rank counts. */
interface Candidate {
  readonly table: SymbolTable;
  readonly rank: number;
  readonly entry: TableEntry;
}

const EXPORTED = 3;
const EXPORTED_OLDER = 2;
const STATIC = 1;

/**
 * Finds the function of a name, spelled as in function-name.ts. Without a version it is the one
 * that a caller would be linked to today. Returns undefined for an indirect function
 * (STT_GNU_IFUNC, as `memcpy` in glibc): its address is that of the resolver, which runs once.
 */
export function findFunction(image: ElfImage, spelled: string): ElfSymbol | undefined {
  return findFunctions(image, [spelled]).get(spelled);
}

/**
 * Finds several functions in one pass through the tables: a pattern asks for hundreds of 100,000.
 * Absent ones are left out.
 */
export function findFunctions(image: ElfImage, spelled: readonly string[]): ReadonlyMap<string, ElfSymbol> {
  const wanted = spelled.map((each) => ({ spelled: each, ...parseFunctionName(each), address: addressOf(each) }));
  const named = new Map(wanted.map(({ name }) => [Buffer.from(name).toString("latin1"), name]));
  const lengths = new Set([...named.keys()].map((name) => name.length));
  const found = candidatesOf(image, (bare) =>
    lengths.has(bare.length) ? named.get(bare.toString("latin1")) : undefined,
  );
  return new Map(
    wanted.flatMap((each) => {
      const symbol =
        each.address === undefined
          ? symbolOf(image, each, found.get(each.name) ?? [])
          : functionAt(image, each.address);
      return symbol === undefined ? [] : [[each.spelled, symbol]];
    }),
  );
}

/**
 * Returns all functions by name, as `findFunction` finds them. Functions that it does not find are
 * left out.
 */
export function allFunctions(image: ElfImage): readonly ElfSymbol[] {
  return [...candidatesOf(image, (bare) => bare.toString())].flatMap(
    ([name, candidates]) => symbolOf(image, { name }, candidates) ?? [],
  );
}

function candidatesOf(
  image: ElfImage,
  nameOf: (bare: Buffer) => string | undefined,
): ReadonlyMap<string, readonly Candidate[]> {
  const all = new Map<string, Candidate[]>();
  for (const table of image.symbolTables) {
    for (const entry of entriesOf(table, "functions")) {
      const written = writtenNameAt(table, entry.nameAt);
      const name = nameOf(bareName(written));
      if (name === undefined || name === "") continue;
      const candidate = { table, entry, rank: rankOf(table, entry, written) };
      const known = all.get(name);
      if (known === undefined) all.set(name, [candidate]);
      else addCandidate(known, candidate);
    }
  }
  return all;
}

function addCandidate(known: Candidate[], candidate: Candidate): void {
  const at = known.findIndex(({ entry }) => entry.value === candidate.entry.value);
  const before = known[at];
  if (before === undefined) known.push(candidate);
  else if (candidate.rank > before.rank) known[at] = candidate;
}

function rankOf(table: SymbolTable, entry: TableEntry, written: Buffer): number {
  if (entry.isLocal) return STATIC;
  return isOlderVersion(table, entry, written) ? EXPORTED_OLDER : EXPORTED;
}

function symbolOf(image: ElfImage, wanted: FunctionName, all: readonly Candidate[]): ElfSymbol | undefined {
  const meant = meantOf(wanted, all);
  const [first] = meant.toSorted((a, b) => b.rank - a.rank);
  const fileOffset =
    first === undefined || first.entry.isIndirect ? undefined : fileOffsetOf(image.segments, first.entry.value);
  if (first === undefined || fileOffset === undefined) return undefined;
  const { name } = wanted;
  const sameName = meant.length === 1 ? undefined : meant.map((each) => spellingOf(name, each, meant));
  return { name, fileOffset, bytes: first.entry.bytes, ...(sameName && { sameName }) };
}

function meantOf({ file, version }: FunctionName, all: readonly Candidate[]): readonly Candidate[] {
  if (file !== undefined) return all.filter((each) => fileOf(each) === file);
  if (version !== undefined)
    return all.filter(({ table, entry }) => versionOf(table, entry, writtenNameAt(table, entry.nameAt)) === version);
  const today = all.filter(({ rank }) => rank !== EXPORTED_OLDER);
  return today.length === 0 ? all : today;
}

function fileOf({ table, entry }: Candidate): string | undefined {
  return entry.fileAt === undefined ? undefined : writtenNameAt(table, entry.fileAt).toString();
}

/**
 * Returns a spelling that means one of several functions of a name: with its file if that is
 * unique, otherwise with its version or address.
 */
function spellingOf(name: string, candidate: Candidate, all: readonly Candidate[]): string {
  const { table, entry, rank } = candidate;
  const file = fileOf(candidate);
  if (
    file !== undefined &&
    parseFunctionName(`${file}:${name}`).file === file &&
    all.filter((each) => fileOf(each) === file).length === 1
  )
    return `${file}:${name}`;
  const version = rank === EXPORTED_OLDER ? versionOf(table, entry, writtenNameAt(table, entry.nameAt)) : undefined;
  return version === undefined ? `0x${entry.value.toString(16)}` : `${name}@${version}`;
}

/**
 * Returns the function at an address, and how far within it the address is, or undefined if no
 * symbol covers it.
 */
function functionAt(image: ElfImage, address: number): ElfSymbol | undefined {
  for (const table of image.symbolTables) {
    for (const { value, bytes, nameAt } of entriesOf(table, "functions")) {
      if (address !== value && (address < value || address >= value + bytes)) continue;
      const fileOffset = fileOffsetOf(image.segments, address);
      const name = bareName(writtenNameAt(table, nameAt)).toString();
      if (fileOffset !== undefined) return { name, fileOffset, bytes, within: address - value };
    }
  }
  return undefined;
}

/**
 * Returns the addresses of symbols of any type that the file defines, such as variables. The
 * address is undefined if several symbols have the name.
 */
export function symbolAddresses(image: ElfImage, names: ReadonlySet<string>): ReadonlyMap<string, number | undefined> {
  const lengths = new Set([...names].map((name) => Buffer.byteLength(name)));
  const found = new Map<string, number | undefined>();
  if (names.size === 0) return found;
  for (const table of image.symbolTables) {
    for (const { nameAt, value } of entriesOf(table, "all")) {
      const bare = bareName(writtenNameAt(table, nameAt));
      const name = lengths.has(bare.length) ? bare.toString() : "";
      if (names.has(name)) found.set(name, found.has(name) && found.get(name) !== value ? undefined : value);
    }
  }
  return found;
}

/** Returns the names of all functions that `findFunction` finds, each once. */
export function functionNames(image: ElfImage): ReadonlySet<string> {
  const names = new Set<string>();
  const indirect = new Set<string>();
  for (const table of image.symbolTables) {
    for (const entry of entriesOf(table, "functions")) {
      const written = writtenNameAt(table, entry.nameAt);
      const name = bareName(written).toString();
      if (!entry.isIndirect) names.add(name);
      else if (rankOf(table, entry, written) === EXPORTED) indirect.add(name);
    }
  }
  return names.difference(indirect.add(""));
}

/**
 * Returns the names of all functions that are chosen when a program starts (STT_GNU_IFUNC, as
 * `memcpy` in glibc).
 */
export function indirectNames(image: ElfImage): ReadonlySet<string> {
  const names = new Set<string>();
  for (const table of image.symbolTables) {
    for (const { isIndirect, nameAt } of entriesOf(table, "functions"))
      if (isIndirect) names.add(bareName(writtenNameAt(table, nameAt)).toString());
  }
  return names;
}

/**
 * Returns the file offset of a symbol. A uprobe needs an offset in the file; a symbol's value is an
 * address in the mapped file.
 */
export function fileOffsetOf(segments: readonly Segment[], value: number): number | undefined {
  const segment = segments.find(
    ({ virtualAddress, fileBytes }) => value >= virtualAddress && value < virtualAddress + fileBytes,
  );
  return segment === undefined ? undefined : value - segment.virtualAddress + segment.fileOffset;
}
