import type { SpanState } from "../check/checked-program.ts";

/*
 * The part of a rule that one user may take, so that it does not take all of it. A map of shares is
 * an LRU hash from u32 user id to
 *
 *   u64 the point in time (CLOCK_BOOTTIME ns) up to which the user has used its rate
 *   u64 events that were left out
 *
 * A user who is pushed out starts again: that is generous, and no user loses by it. A user with
 * many ids (65,536 in a user namespace, by /etc/subuid) would start again with each. So ids from
 * 65,536 on also have a common share for each block of 65,536.
 */
export const SHARE_BYTES = 16;
export const SHARE_LEFT_OUT_OFFSET = 8;
export const SHARE_OWNER_BITS = 32;
export const BLOCK_BITS = 16;
/** The ids of one block together have the shares of this many users. */
export const BLOCK_SHARES = 4;

/** The owner of events that no user caused. No user has this id: it is the kernel's INVALID_UID. */
export const NO_OWNER = 0xffff_ffff;

/**
 * Users whose shares are remembered. Each CPU may keep up to 128 entries for itself
 * (LOCAL_FREE_TARGET in kernel/bpf/bpf_lru_list.c).
 */
export const SHARES = 1024;
export const BLOCKS = 256;

export const RECORD_SHARES_MAP = "shares";
export const RECORD_BLOCKS_MAP = "blocks";

/** The part of its rate that a user may send at once, in nanoseconds. */
export const BURST_NS = 10_000_000_000;
/** A user who has used less than this is quiet: the second half of the ring is for quiet users. */
export const QUIET_NS = 100_000_000;
/** The bits of the bytes of a record that count as one event. */
export const RECORD_UNIT_BITS = 10;

/** A user's share of the room for spans; there is room for this many users. */
export const SPAN_USERS = 4;
/** The shortest time in which spans that are too old leave the map. */
const LEAST_SWEEP_NS = 1_000_000_000n;

export const spanSharesMap = ({ id }: SpanState): string => `span_${String(id)}_shares`;
export const spanBlocksMap = ({ id }: SpanState): string => `span_${String(id)}_blocks`;

/** Returns the part of its user's time that a span takes, and the limit of it: `limit` spans. */
export function spanRate(
  { timeoutNs }: SpanState,
  limit: number,
): { readonly stepNs: number; readonly burstNs: bigint } {
  const windowNs = timeoutNs > LEAST_SWEEP_NS ? timeoutNs : LEAST_SWEEP_NS;
  const stepNs = Math.min(Math.max(1, Number(windowNs / BigInt(limit))), 0x3fff_ffff);
  // one more span begins while this is not exceeded
  return { stepNs, burstNs: BigInt(stepNs) * BigInt(limit) - 1n };
}

/*
 * The part of a rule's room for keys that one user may take. Any user may make keys up to
 * `limits.keys`, and buckets of them up to the same limit in a generation. The reserve beyond that
 * is for users who have few. A key is known from its first count until a window after its last one,
 * and belongs to the user who made it for that time.
 */
export const KNOWN_KEYS_MAP = "known_keys";
/** A known key: u64 when it was last new in a generation (CLOCK_BOOTTIME ns), u32 owner, u32 0. */
export const KNOWN_KEY_BYTES = 16;
export const KNOWN_KEY_OWNER_OFFSET = 8;

export const KEY_SHARES_MAP = "key_shares";
/**
 * The entry of an owner, and that of all owners: u64 known keys, u64 flips of the generation that
 * its buckets were counted in, u64 buckets.
 */
export const KEY_SHARE_BYTES = 24;
export const KEY_SHARE_KEYS_OFFSET = 0;
export const KEY_SHARE_FLIPS_OFFSET = 8;
export const KEY_SHARE_BUCKETS_OFFSET = 16;
/** Users that have entries of their own; further users have no part of the reserve. */
export const KEY_OWNERS = 2048;

/**
 * Ids of a block of 65,536 have one owner, whose number has this bit. Otherwise a user with many
 * ids would have a share for each.
 */
export const BLOCK_OWNER = 0x8000_0000;
/**
 * The entry of all owners together. It is no user's: ids from 65,536 on have their block as owner.
 */
export const ALL_OWNERS = 0x7fff_ffff;

const FEW_BITS = 4;
/**
 * Returns how many keys (buckets) count as few in the room without reserve. An owner with fewer may
 * use the reserve.
 */
export const fewOf = (room: number): number => room >> FEW_BITS;
/** Returns the room for keys (buckets), with a reserve for eight users who have few. */
export const roomWithReserve = (room: number): number => room + 8 * fewOf(room);
