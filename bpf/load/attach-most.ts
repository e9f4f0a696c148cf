import { BpfError } from "libbpf-ts";

/** A place that the kernel refused. */
export interface Refused<Place> {
  readonly place: Place;
  readonly error: BpfError;
}

/** Errors that say nothing about a place: nothing more can be attached, or not by this process. */
const OF_THE_HOST: readonly string[] = ["EPERM", "EACCES", "ENOMEM", "EMFILE", "ENFILE"];

/**
 * Attaches to all places at once. If the kernel refuses, it tries each half, and so on down to the
 * refused places: one place that cannot be probed must not cost the others. Throws BpfError if the
 * reason is not a place.
 */
export function attachMost<Place, Made>(
  places: readonly [Place, ...Place[]],
  attachTo: (places: readonly [Place, ...Place[]]) => Made,
): { readonly made: readonly Made[]; readonly refused: readonly Refused<Place>[] } {
  try {
    return { made: [attachTo(places)], refused: [] };
  } catch (error) {
    if (!(error instanceof BpfError) || OF_THE_HOST.includes(error.code)) throw error;
    const [first] = places;
    if (places.length === 1) return { made: [], refused: [{ place: first, error }] };
    const middle = places.length >> 1;
    const halves = [places.slice(0, middle), places.slice(middle)];
    const results = halves.filter(isFilled).map((half) => attachMost(half, attachTo));
    return { made: results.flatMap(({ made }) => made), refused: results.flatMap(({ refused }) => refused) };
  }
}

function isFilled<Item>(items: Item[]): items is [Item, ...Item[]] {
  return items.length > 0;
}
