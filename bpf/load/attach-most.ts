import { BpfError } from "libbpf-ts";

/** A place that the kernel refused. */
export interface Refused<Place> {
  readonly place: Place;
  readonly error: BpfError;
}

/** What says nothing of a place: nothing can be attached any more, or by us. */
const OF_THE_HOST: readonly string[] = ["EPERM", "EACCES", "ENOMEM", "EMFILE", "ENFILE"];

/**
 * Attaches to all places at once; where the kernel refuses that, to each half of them, and so on down to the ones that it refuses: one place
 * that cannot be probed must not cost the others. Throws BpfError where the reason is no place's.
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
