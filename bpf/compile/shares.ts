import type { SpanState } from "../check/checked-program.ts";

/*
 * What one user may take of a rule, so that it does not take all of it. A map of shares is an LRU hash from u32 user id to
 *
 *   u64 the point in time (CLOCK_BOOTTIME ns) up to which the user has used its rate
 *   u64 events that were left out
 *
 * One that is pushed out begins anew: that is generous, and no user can be made to lose by it. A user who has many ids (65,536 in a user
 * namespace, by /etc/subuid) would begin anew with each: ids from 65,536 on have, besides, a share for each block of 65,536 in common.
 */
export const SHARE_BYTES = 16;
export const SHARE_LEFT_OUT_OFFSET = 8;
export const SHARE_OWNER_BITS = 32;
export const BLOCK_BITS = 16;
/** Ids of one block together have the shares of so many users. */
export const BLOCK_SHARES = 4;

/** The owner of what is no user's doing. No user has this id: the kernel's INVALID_UID. */
export const NOBODY = 0xffff_ffff;

/** Users whose shares are remembered; each CPU may keep up to 128 entries for itself (LOCAL_FREE_TARGET in kernel/bpf/bpf_lru_list.c). */
export const SHARES = 1024;
export const BLOCKS = 256;

export const RECORD_SHARES_MAP = "shares";
export const RECORD_BLOCKS_MAP = "blocks";

/** A user may send so many nanoseconds' worth of its rate at once. */
export const BURST_NS = 10_000_000_000;
/** One that has used less than this of it is quiet: the second half of the ring is for those. */
export const QUIET_NS = 100_000_000;
/** A record counts once for each of so many bytes. */
export const RECORD_UNIT_BITS = 10;

/** A user's share of the room for spans; the room is for so many users. */
export const SPAN_USERS = 4;
/** The shortest time in which spans that are too old leave the map. */
const LEAST_SWEEP_NS = 1_000_000_000n;

export const spanSharesMap = ({ id }: SpanState): string => `span_${String(id)}_shares`;
export const spanBlocksMap = ({ id }: SpanState): string => `span_${String(id)}_blocks`;

/** What a span takes of its user's time, and how much of it there is: `limit` spans. */
export function spanRate(
  { timeoutNs }: SpanState,
  limit: number,
): { readonly stepNs: number; readonly burstNs: bigint } {
  const windowNs = timeoutNs > LEAST_SWEEP_NS ? timeoutNs : LEAST_SWEEP_NS;
  const stepNs = Math.min(Math.max(1, Number(windowNs / BigInt(limit))), 0x3fff_ffff);
  // one more begins while this is not exceeded
  return { stepNs, burstNs: BigInt(stepNs) * BigInt(limit) - 1n };
}

/*
 * What one user may take of a rule's room for keys. Up to `limits.keys` keys, and up to so many buckets of them in a generation, are anybody's;
 * what is in reserve beyond that is for users who have few. A key is known from when it was first counted until a window after it was last
 * counted, and whoever made it has it among his keys that long.
 */
export const KNOWN_KEYS_MAP = "known_keys";
/** Of a known key: u64 when it was last new in a generation (CLOCK_BOOTTIME ns), u32 whose it is, u32 0. */
export const KNOWN_KEY_BYTES = 16;
export const KNOWN_KEY_OWNER_OFFSET = 8;

export const KEY_SHARES_MAP = "key_shares";
/** Of an owner, and of all: u64 known keys, u64 flips of the generation that its buckets were counted in, u64 buckets. */
export const KEY_SHARE_BYTES = 24;
export const KEY_SHARE_KEYS_OFFSET = 0;
export const KEY_SHARE_FLIPS_OFFSET = 8;
export const KEY_SHARE_BUCKETS_OFFSET = 16;
/** Users who are told apart; those beyond have no part of the reserve. */
export const KEY_OWNERS = 2048;

/** Ids of a block of 65,536 have one owner, whose number has this bit: so many more ids than users would have a share each. */
export const BLOCK_OWNER = 0x8000_0000;
/** The entry of all owners together. No user's: ids from 65,536 on stand for their block. */
export const ALL_OWNERS = 0x7fff_ffff;

const FEW_BITS = 4;
/** Few keys (buckets) of the room without reserve: whoever has less may use the reserve. */
export const fewOf = (room: number): number => room >> FEW_BITS;
/** The room for keys (buckets), and a reserve for eight users who have few. */
export const roomWithReserve = (room: number): number => room + 8 * fewOf(room);
