import type { FieldExpressions } from "./field-expressions.ts";
import { rwbs } from "./rwbs.ts";

/**
 * REQ_OP_SCSI_IN (removed in 5.16), REQ_OP_DRV_IN and later ones: blk_op_is_passthrough. Their
 * sectors have no meaning.
 */
const IS_PASSTHROUGH = "(request.cmd_flags & 0xff) >= 32";

/**
 * disk_devt. A request has its disk in its queue since 5.16, a bio in its block device since 5.12.
 */
const REQUEST_DEVICE =
  "((request.q.disk.major ?? request.rq_disk.major) << 20) | (request.q.disk.first_minor ?? request.rq_disk.first_minor)";
const BIO_DEVICE =
  "((bio.bi_bdev.bd_disk.major ?? bio.bi_disk.major) << 20) | (bio.bi_bdev.bd_disk.first_minor ?? bio.bi_disk.first_minor)";

const TRACED: FieldExpressions = {
  dev: REQUEST_DEVICE,
  sector: `${IS_PASSTHROUGH} or request.__sector == 0xffffffffffffffff ? 0 : request.__sector`,
  nr_sector: `${IS_PASSTHROUGH} ? 0 : request.__data_len >> 9`,
  rwbs: rwbs("request.cmd_flags"),
};
const REQUEST: FieldExpressions = { ...TRACED, bytes: "request.__data_len", comm: "task.comm" };
const COMPLETION: FieldExpressions = {
  dev: REQUEST_DEVICE,
  sector: "request.__sector",
  nr_sector: "args.nr_bytes >> 9",
  rwbs: rwbs("request.cmd_flags"),
};

const BIO: FieldExpressions = {
  dev: BIO_DEVICE,
  sector: "bio.bi_iter.bi_sector",
  nr_sector: "bio.bi_iter.bi_size >> 9",
  rwbs: rwbs("bio.bi_opf"),
};
const BIO_OF_TASK: FieldExpressions = { ...BIO, comm: "task.comm" };

const WORK = "wb_writeback_work";
const WRITEBACK: FieldExpressions = {
  // bdi_dev_name
  name: 'bdi_writeback.bdi.dev == 0 ? "(unknown)" : str(bdi_writeback.bdi.dev_name, 32)',
  nr_pages: `${WORK}.nr_pages`,
  sb_dev: `${WORK}.sb == 0 ? 0 : ${WORK}.sb.s_dev`,
  sync_mode: `${WORK}.sync_mode`,
  for_kupdate: `${WORK}.for_kupdate`,
  range_cyclic: `${WORK}.range_cyclic`,
  for_background: `${WORK}.for_background`,
  reason: `${WORK}.reason`,
};

/** Records of block.h, writeback.h and ext4.h. */
export const BLOCK_RECORDS: Readonly<Record<string, FieldExpressions>> = {
  "block:block_rq_insert": REQUEST,
  "block:block_rq_issue": REQUEST,
  "block:block_rq_merge": REQUEST,
  "block:block_io_start": REQUEST,
  "block:block_io_done": REQUEST,
  "block:block_rq_requeue": TRACED,
  "block:block_rq_complete": COMPLETION,
  "block:block_rq_error": COMPLETION,
  "block:block_bio_queue": BIO_OF_TASK,
  "block:block_bio_backmerge": BIO_OF_TASK,
  "block:block_bio_frontmerge": BIO_OF_TASK,
  "block:block_bio_complete": BIO,
  "block:block_bio_remap": { ...BIO, old_dev: "args.dev", old_sector: "args.from" },
  "writeback:writeback_queue": WRITEBACK,
  "writeback:writeback_exec": WRITEBACK,
  "writeback:writeback_start": WRITEBACK,
  "writeback:writeback_written": WRITEBACK,
  "writeback:writeback_wait": WRITEBACK,
  "ext4:ext4_allocate_inode": { dev: "arg0.i_sb.s_dev", ino: "arg0.i_ino", dir: "arg1.i_ino", mode: "arg2" },
  "ext4:ext4_evict_inode": { dev: "arg0.i_sb.s_dev", ino: "arg0.i_ino", nlink: "arg0.i_nlink" },
};
