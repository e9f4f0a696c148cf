import type { HealthCounter } from "../../../bpf/compile/object-spec.ts";

/** The kinds of losses, as the label `kind` names them, with a sentence each. */
export const LOSS_KINDS = {
  full_ring: { doc: "records for which the ring had no room", from: ["lost_ring"] },
  no_scratch: { doc: "events for which the program found no memory", from: ["lost_scratch"] },
  contended: { doc: "changes of min or max that were given up under contention", from: ["reserved"] },
  busy: { doc: "keys and starts that the kernel refused", from: ["lost_busy"] },
  missed_returns: { doc: "calls whose returns the kernel does not probe", from: ["missed_returns"] },
  skipped_runs: { doc: "runs that the kernel left out", from: [] },
  over_key_limit: {
    doc: "events that were counted under other, because there were too many keys",
    from: ["lost_keys"],
  },
  faulted_reads: { doc: "reads of memory that failed", from: ["faulted"] },
  unknown_events: { doc: "events that were not counted, because memory could not be read", from: ["unknown"] },
  orphaned_spans: { doc: "starts of spans without an end", from: ["orphaned"] },
  lost_spans: { doc: "starts of spans for which there was no room", from: ["lost_spans"] },
  left_out_records: { doc: "records beyond their user's share", from: ["left_out"] },
} as const satisfies Readonly<Record<string, { readonly doc: string; readonly from: readonly HealthCounter[] }>>;

export type LossKind = keyof typeof LOSS_KINDS;

/** The losses of a rule since the daemon began to run it, and what it saw. */
export interface Losses {
  readonly lost: Record<LossKind, number>;
  /** events that passed the filter */
  matched: number;
  /** records that were sent to the daemon */
  records: number;
}

const KINDS = Object.keys(LOSS_KINDS) as readonly LossKind[];

export const noLosses = (): Losses => ({
  lost: Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<LossKind, number>,
  ...{ matched: 0, records: 0 },
});

/** Adds the health of one tick. */
export function addLosses(losses: Losses, health: Readonly<Record<HealthCounter, number>>, skippedRuns: number): void {
  for (const kind of KINDS) for (const counter of LOSS_KINDS[kind].from) losses.lost[kind] += health[counter];
  losses.lost.skipped_runs += skippedRuns;
  losses.matched += health.matched;
  losses.records += health.emitted;
}
