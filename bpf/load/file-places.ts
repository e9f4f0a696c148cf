import type { AttachPoint } from "../check/checked-program.ts";
import { argumentsKey as keyOfArguments } from "../kernel/elf/static-probe-arguments.ts";
import type { ElfFile } from "../kernel/kernel.ts";

/** An attach point within an executable or library. */
export type FilePoint = Extract<AttachPoint, { readonly kind: "uprobe" | "usdt" }>;

/** Where in a file a program is attached. */
export interface FilePlace {
  readonly fileOffset: number;
  /** of the counter that tells a static probe that somebody listens */
  readonly semaphoreOffset?: number;
}

/**
 * Where a point of one file lies in another one, such as another build of the same program; a string says why it does not. A program reads
 * a static probe's arguments from where they were in the file that it was compiled for, so only places that have them there are good.
 */
export function placesIn(point: FilePoint, file: ElfFile): readonly FilePlace[] | string {
  if (point.kind === "uprobe") {
    const found = file.symbol(point.symbol);
    if (point.offset !== 0 && (point.buildId === undefined || point.buildId !== file.buildId)) {
      return `it is another build, whose instructions may lie elsewhere than at "${point.symbol}+${point.offset}"`;
    }
    return found === undefined
      ? `it has no function "${point.symbol}"`
      : [{ fileOffset: found.fileOffset + point.offset }];
  }
  const { argumentsKey, name, provider } = point;
  const named = file.staticProbes().filter((probe) => probe.provider === provider && probe.name === name);
  if (named.length === 0) return `it has no static probe "${provider}:${name}"`;
  const places = named.filter((probe) => keyOfArguments(probe.arguments) === argumentsKey).map(placeOf);
  return places.length === 0 ? `its static probe "${provider}:${name}" has its arguments elsewhere` : places;
}

export function placeOf({ fileOffset, semaphoreOffset }: FilePlace): FilePlace {
  return { fileOffset, ...(semaphoreOffset !== undefined && { semaphoreOffset }) };
}
