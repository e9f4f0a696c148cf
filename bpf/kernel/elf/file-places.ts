import type { ElfFile, ElfSymbol } from "../kernel.ts";
import { addressOf } from "./function-name.ts";
import { argumentsKey as keyOfArguments } from "./static-probe-arguments.ts";

/** A place in a file where a program is attached. */
export interface FilePlace {
  readonly fileOffset: number;
  /** offset of the counter that tells a static probe that a tracer is attached */
  readonly semaphoreOffset?: number;
}

/** A point to find in a file: one of the file that a program was compiled for. */
export type WantedPlace =
  | { readonly kind: "uprobe"; readonly symbol: string; readonly offset: number; readonly buildId?: string }
  | { readonly kind: "usdt"; readonly provider: string; readonly name: string; readonly argumentsKey: string };

/** The places of a wanted point in a file, or a text that says why it has none. */
export type FoundPlaces = readonly FilePlace[] | string;

/** The most places of one file where a program is attached for one point. */
const MOST_PLACES = 1000;

/**
 * Returns where points of one file are in another one, such as another build of the same program. A
 * program reads a static probe's arguments from the places in the file that it was compiled for. So
 * only probes with their arguments in the same places count. Throws BeyondLimit.
 */
export function placesIn(wanted: readonly WantedPlace[], file: ElfFile): readonly FoundPlaces[] {
  const symbols = file.symbols(wanted.flatMap((each) => (each.kind === "uprobe" ? each.symbol : [])));
  return wanted.map((each) =>
    each.kind === "uprobe" ? functionIn(each, file, symbols.get(each.symbol)) : staticProbesIn(each, file),
  );
}

function functionIn(
  { buildId, offset, symbol }: Extract<WantedPlace, { readonly kind: "uprobe" }>,
  file: ElfFile,
  found: ElfSymbol | undefined,
): FoundPlaces {
  const isBound = offset !== 0 || addressOf(symbol) !== undefined;
  if (isBound && (buildId === undefined || buildId !== file.buildId)) {
    return `it is another build, where "${symbol}+${offset}" may be another instruction`;
  }
  if (found?.sameName !== undefined) return `it has ${found.sameName.length} functions "${symbol}"`;
  return found === undefined ? `it has no function "${symbol}"` : [{ fileOffset: found.fileOffset + offset }];
}

function staticProbesIn(
  { argumentsKey, name, provider }: Extract<WantedPlace, { readonly kind: "usdt" }>,
  file: ElfFile,
): FoundPlaces {
  const named = file.staticProbes().filter((probe) => probe.provider === provider && probe.name === name);
  if (named.length === 0) return `it has no static probe "${provider}:${name}"`;
  const places = named.filter((probe) => keyOfArguments(probe.arguments) === argumentsKey).map(placeOf);
  if (places.length > MOST_PLACES) return `it has more than ${MOST_PLACES} places of "${provider}:${name}"`;
  return places.length === 0 ? `its static probe "${provider}:${name}" has its arguments in other places` : places;
}

export function placeOf({ fileOffset, semaphoreOffset }: FilePlace): FilePlace {
  return { fileOffset, ...(semaphoreOffset !== undefined && { semaphoreOffset }) };
}
