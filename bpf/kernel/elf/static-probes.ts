import type { StaticProbe } from "../kernel.ts";
import type { ElfImage } from "./elf-image.ts";
import { LIMITS } from "../limits.ts";
import { BeyondLimit } from "./file-reader.ts";
import { fileOffsetOf, symbolAddresses } from "./function-symbols.ts";
import { parseStaticProbeArguments, symbolsNamed } from "./static-probe-arguments.ts";

/** Owner and type of notes: NT_STAPSDT, NT_GNU_BUILD_ID. */
const STATIC_PROBE = ["stapsdt\0", 3] as const;
const BUILD_ID = ["GNU\0", 3] as const;
/**
 * The id that the Go linker gives each program (cmd/link/internal/ld/elf.go:
 * ELF_NOTE_GOBUILDID_TAG).
 */
const GO_BUILD_ID = ["Go\0\0", 4] as const;
const NOTE_HEADER_BYTES = 12;

/**
 * Returns all places of the static probes in a file's notes. A damaged note is left out. Throws
 * BeyondLimit.
 */
export function staticProbes(image: ElfImage): readonly StaticProbe[] {
  const notes = descriptionsOf(image, STATIC_PROBE, LIMITS.elf.staticProbes).flatMap((note) => readNote(note) ?? []);
  const named = new Set(notes.flatMap(({ text }) => symbolsNamed(text, image.architecture)));
  const addresses = symbolAddresses(image, named);
  return notes.flatMap((note) => placeProbe(note, image, addresses) ?? []);
}

/**
 * Returns the hash of a file's contents that the linker wrote, in hexadecimal, or undefined without
 * one (`--build-id=none`).
 */
export function buildIdOf(image: ElfImage): string | undefined {
  return descriptionsOf(image, BUILD_ID, LIMITS.elf.staticProbes)[0]?.subarray(0, LONGEST_BUILD_ID).toString("hex");
}

/** True if the Go compiler made the file, with or without parts in C. */
export function isGo(image: ElfImage): boolean {
  return descriptionsOf(image, GO_BUILD_ID, LIMITS.elf.staticProbes).length > 0;
}

/** the longest hash that linkers make has 32 bytes */
const LONGEST_BUILD_ID = 64;

/** Returns the descriptions of the wanted notes. Throws BeyondLimit. */
function descriptionsOf(
  { notes }: ElfImage,
  wanted: readonly [owner: string, type: number],
  most: number,
): readonly Buffer[] {
  const found: Buffer[] = [];
  for (const section of notes) {
    for (const description of descriptionsIn(section, wanted)) {
      if (found.length >= most) throw new BeyondLimit(`it has more than ${most} notes of a kind`);
      found.push(description);
    }
  }
  return found;
}

/**
 * Yields the descriptions of the wanted notes in a section. `Elf64_Nhdr`: namesz u32, descsz u32,
 * type u32, then name and description, each padded to a multiple of 4.
 */
function* descriptionsIn(section: Buffer, [wantedOwner, wantedType]: readonly [string, number]): Iterable<Buffer> {
  let at = 0;
  while (at + NOTE_HEADER_BYTES <= section.length) {
    const nameBytes = section.readUInt32LE(at);
    const bytes = section.readUInt32LE(at + 4);
    const type = section.readUInt32LE(at + 8);
    const start = at + NOTE_HEADER_BYTES + align(nameBytes);
    if (start + bytes > section.length) return;
    const isWanted = type === wantedType && nameBytes === wantedOwner.length;
    const named = at + NOTE_HEADER_BYTES;
    if (isWanted && section.toString("latin1", named, named + nameBytes) === wantedOwner)
      yield section.subarray(start, start + bytes);
    at = start + align(bytes);
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}

/**
 * Reads a description: three u64, the probe's address, that of `.stapsdt.base` at link time, and
 * that of its semaphore or 0; then provider, name and arguments, each with its NUL (systemtap's
 * includes/sys/sdt.h). Prelinking moves sections but does not change notes, so both addresses are
 * off by as much as `.stapsdt.base` has moved.
 */
function readNote(description: Buffer): ProbeNote | undefined {
  if (description.length < 24) return undefined;
  const [address, base, semaphore] = [0, 8, 16].map((at) => Number(description.readBigUInt64LE(at))) as Addresses;
  const [provider = "", name = "", text = ""] = description
    .toString("utf8", 24, 24 + 2 * LIMITS.elf.nameBytes + LIMITS.elf.argumentBytes)
    .split("\0", 3);
  if (provider === "" || name === "" || text.length > LIMITS.elf.argumentBytes) return undefined;
  return { address, base, semaphore, provider, name, text };
}

function placeProbe(
  { address, base, semaphore, provider, name, text }: ProbeNote,
  image: ElfImage,
  symbols: ReadonlyMap<string, number | undefined>,
): StaticProbe | undefined {
  const moved = image.probeBase === undefined ? 0 : image.probeBase - base;
  const fileOffset = fileOffsetOf(image.segments, address + moved);
  if (fileOffset === undefined) return undefined;
  const semaphoreOffset = semaphore === 0 ? undefined : fileOffsetOf(image.segments, semaphore + moved);
  // Without its semaphore the probe could not be switched on.
  if (semaphore !== 0 && semaphoreOffset === undefined) return undefined;
  const distance = (symbol: string): number | undefined => {
    const found = symbols.get(symbol);
    return found === undefined ? undefined : found - (address + moved);
  };
  return {
    provider,
    name,
    fileOffset,
    ...(semaphoreOffset !== undefined && { semaphoreOffset }),
    arguments: parseStaticProbeArguments(
      text,
      image.architecture,
      distance,
      (symbol) => symbols.has(symbol) && symbols.get(symbol) === undefined,
    ),
  };
}

interface ProbeNote {
  readonly address: number;
  readonly base: number;
  readonly semaphore: number;
  readonly provider: string;
  readonly name: string;
  /** its arguments */
  readonly text: string;
}

type Addresses = [address: number, base: number, semaphore: number];
