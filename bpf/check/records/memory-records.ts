import type { FieldExpressions } from "./field-expressions.ts";

const HOST = "folio.mapping.host";

/** folio_order, which is a byte of its own before 6.5. */
const ORDER =
  "((folio.flags.f ?? folio.flags) >> PG_head & 1) == 0 ? 0 : (folio._folio_order ?? folio._flags_1) & 0xff";

const CACHED: FieldExpressions = {
  i_ino: `${HOST}.i_ino`,
  index: "folio.index",
  s_dev: `${HOST}.i_sb == 0 ? ${HOST}.i_rdev : ${HOST}.i_sb.s_dev`,
  order: ORDER,
};

const RECLAIMED: FieldExpressions = { nr_reclaimed: "arg0" };

/** Records of filemap.h, vmscan.h, migrate.h and lock.h. */
export const MEMORY_RECORDS: Readonly<Record<string, FieldExpressions>> = {
  "filemap:mm_filemap_add_to_page_cache": CACHED,
  "filemap:mm_filemap_delete_from_page_cache": CACHED,
  "vmscan:mm_vmscan_direct_reclaim_end": RECLAIMED,
  "vmscan:mm_vmscan_memcg_reclaim_end": RECLAIMED,
  "vmscan:mm_vmscan_memcg_softlimit_reclaim_end": RECLAIMED,
  "migrate:mm_migrate_pages": {
    succeeded: "args.succeeded",
    failed: "args.failed",
    thp_succeeded: "args.thp_succeeded",
    thp_failed: "args.thp_failed",
    thp_split: "args.thp_split",
    mode: "args.mode",
    reason: "args.reason",
  },
  "lock:contention_begin": { lock_addr: "arg0", flags: "arg1" },
  "lock:contention_end": { lock_addr: "arg0", ret: "arg1" },
};
