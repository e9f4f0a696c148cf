import type { StaticProbe } from "../kernel.ts";
import type { ElfImage } from "./elf-image.ts";
import { fileOffsetOf, symbolAddress } from "./function-symbols.ts";
import { parseStaticProbeArguments } from "./static-probe-arguments.ts";

const OWNER = "stapsdt\0";
const NT_STAPSDT = 3;
const NOTE_HEADER_BYTES = 12;

/** All places of the static probes that a file's notes tell of; a note that is damaged is left out. */
export function staticProbes(image: ElfImage): readonly StaticProbe[] {
  return image.notes.flatMap((section) => [...descriptionsIn(section)].flatMap((note) => readProbe(note, image) ?? []));
}

/**
 * The descriptions of stapsdt notes in a section. `Elf64_Nhdr`: namesz u32, descsz u32, type u32, then name and description, each
 * filled up to a multiple of 4.
 */
function* descriptionsIn(section: Buffer): Iterable<Buffer> {
  let at = 0;
  while (at + NOTE_HEADER_BYTES <= section.length) {
    const nameBytes = section.readUInt32LE(at);
    const bytes = section.readUInt32LE(at + 4);
    const type = section.readUInt32LE(at + 8);
    const start = at + NOTE_HEADER_BYTES + align(nameBytes);
    const owner = section.toString("latin1", at + NOTE_HEADER_BYTES, at + NOTE_HEADER_BYTES + nameBytes);
    if (start + bytes > section.length) return;
    if (type === NT_STAPSDT && owner === OWNER) yield section.subarray(start, start + bytes);
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
