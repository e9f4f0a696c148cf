/**
 * The counts of one aggregate, merged over all CPUs: its slots. For histograms, pairs of bucket and
 * count. For distinct, the registers that are not 0, as `packRegister` (../compile/registers.ts)
 * makes them. Undefined if nothing was counted, except for count and sum.
 */
export type MergedSlots = readonly bigint[] | undefined;
