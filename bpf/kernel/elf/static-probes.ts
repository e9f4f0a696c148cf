import type { StaticProbe } from "../kernel.ts";
import type { ElfImage } from "./elf-image.ts";
import { fileOffsetOf, symbolAddress } from "./function-symbols.ts";
import { parseStaticProbeArguments } from "./static-probe-arguments.ts";

/** Owner and type of notes: NT_STAPSDT, NT_GNU_BUILD_ID. */
const STATIC_PROBE = ["stapsdt\0", 3] as const;
const BUILD_ID = ["GNU\0", 3] as const;
const NOTE_HEADER_BYTES = 12;

/** All places of the static probes that a file's notes tell of; a note that is damaged is left out. */
export function staticProbes(image: ElfImage): readonly StaticProbe[] {
  return descriptionsOf(image, STATIC_PROBE).flatMap((note) => readProbe(note, image) ?? []);
}

/** What the linker made of a file's contents, in hexadecimal; undefined where it did not (`--build-id=none`). */
export function buildIdOf(image: ElfImage): string | undefined {
  return descriptionsOf(image, BUILD_ID)[0]?.toString("hex");
}

function descriptionsOf({ notes }: ElfImage, wanted: readonly [owner: string, type: number]): readonly Buffer[] {
  return notes.flatMap((section) => [...descriptionsIn(section, wanted)]);
}

/**
 * The descriptions of certain notes in a section. `Elf64_Nhdr`: namesz u32, descsz u32, type u32, then name and description, each
 * filled up to a multiple of 4.
 */
function* descriptionsIn(section: Buffer, [wantedOwner, wantedType]: readonly [string, number]): Iterable<Buffer> {
  let at = 0;
  while (at + NOTE_HEADER_BYTES <= section.length) {
    const nameBytes = section.readUInt32LE(at);
    const bytes = section.readUInt32LE(at + 4);
    const type = section.readUInt32LE(at + 8);
    const start = at + NOTE_HEADER_BYTES + align(nameBytes);
    const owner = section.toString("latin1", at + NOTE_HEADER_BYTES, at + NOTE_HEADER_BYTES + nameBytes);
    if (start + bytes > section.length) return;
    if (type === wantedType && owner === wantedOwner) yield section.subarray(start, start + bytes);
    at = start + align(bytes);
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}

/**
 * A description: three u64, the probe's address, that of `.stapsdt.base` when it was linked, and that of its semaphore or 0; then
 * provider, name and arguments, each with its NUL (systemtap's includes/sys/sdt.h). Prelinking moves sections and not what notes
 * hold, so both addresses are off by as much as `.stapsdt.base` has moved.
 */
function readProbe(description: Buffer, image: ElfImage): StaticProbe | undefined {
  if (description.length < 24) return undefined;
  const [address, base, semaphore] = [0, 8, 16].map((at) => Number(description.readBigUInt64LE(at))) as Addresses;
  const moved = image.probeBase === undefined ? 0 : image.probeBase - base;
  const [provider = "", name = "", text = ""] = description.toString("utf8", 24).split("\0");
  const fileOffset = fileOffsetOf(image.segments, address + moved);
  if (fileOffset === undefined || provider === "" || name === "") return undefined;
  const semaphoreOffset = semaphore === 0 ? undefined : fileOffsetOf(image.segments, semaphore + moved);
  // Nobody could switch it on.
  if (semaphore !== 0 && semaphoreOffset === undefined) return undefined;
  const distance = (symbol: string): number | undefined => {
    const found = symbolAddress(image, symbol);
    return found === undefined ? undefined : found - (address + moved);
  };
  return {
    provider,
    name,
    fileOffset,
    ...(semaphoreOffset !== undefined && { semaphoreOffset }),
    arguments: parseStaticProbeArguments(text, image.architecture, distance),
  };
}

type Addresses = [address: number, base: number, semaphore: number];
