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

/** Returns get_mm_counter in KiB. It is approximate, and can be below 0 for a moment. */
const counted = (member: string): string =>
  `greatest(task_struct.mm.rss_stat[${member}].count, 0) << (PAGE_SHIFT - 10)`;

/** Records of filemap.h, oom.h, kmem.h, vmscan.h, migrate.h and lock.h. */
export const MEMORY_RECORDS: Readonly<Record<string, FieldExpressions>> = {
  "filemap:mm_filemap_add_to_page_cache": CACHED,
  "filemap:mm_filemap_delete_from_page_cache": CACHED,
  // since 6.8 with the task; before only with its pid
  "oom:mark_victim": {
    pid: "args.pid ?? task_struct.pid",
    comm: "str(task_struct.comm)",
    total_vm: "task_struct.mm.total_vm << (PAGE_SHIFT - 10)",
    anon_rss: counted("MM_ANONPAGES"),
    file_rss: counted("MM_FILEPAGES"),
    shmem_rss: counted("MM_SHMEMPAGES"),
    uid: "args.uid",
    pgtables: "task_struct.mm.pgtables_bytes.counter >> 10",
    oom_score_adj: "task_struct.signal.oom_score_adj",
  },
  // since 6.2 `size` is the sum of counters of all CPUs
  "kmem:rss_stat": { curr: "arg0 == task.mm", member: "arg1", size: "args.count << PAGE_SHIFT" },
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
