import type { Scalar } from "../../../check/typed-expression.ts";
import { R0, alu, atomic, goTo, immediate, jump, move } from "../../instruction.ts";
import type { Label, Register } from "../../instruction.ts";
import { ringBytes } from "../../maps.ts";
import type { RecordLayout } from "../../object-spec.ts";
import * as shares from "../../shares.ts";
import { helperResult } from "../values/helper-result.ts";
import { coldBranch } from "../lowering.ts";
import type { Lowering } from "../lowering.ts";
import { aheadOf, chargeBoth, ownerOf, shareEntry, takeOfBlock } from "../share.ts";
import { count, toMap } from "../state.ts";

/**
 * The share that a record is taken from. It is charged for the bytes of the record when they are
 * known.
 */
export interface RecordShare {
  readonly entry: Register;
  readonly block: Register;
  /** the part of a user's rate that one record takes */
  readonly stepNs: number;
}

/** BPF_RB_AVAIL_DATA of bpf_ringbuf_query: unread bytes. */
const UNREAD = 0;

/**
 * Takes a record from its user's share, before anything is spent on it. Goes to `done` if the share
 * is used up, or if half of the ring is full and the user is not quiet. That is counted for the
 * user.
 */
export function takeRecord(
  lowering: Lowering,
  record: RecordLayout,
  byChance: Scalar,
  rate: number,
  done: Label,
): RecordShare {
  const { emitter } = lowering;
  const stepNs = Math.ceil(1e9 / rate);
  helperResult(lowering, "boot_ns");
  emitter.comment("share of the user");
  const owner = ownerOf(lowering, byChance);
  const entry = shareEntry(lowering, shares.RECORD_SHARES_MAP, owner);
  const ahead = emitter.copy(immediate(shares.QUIET_NS + 1));
  const block = emitter.copy(immediate(0));
  const [admitted, crowded] = [emitter.label("admitted"), emitter.label("crowded")];
  const refused = leaveOut(lowering, entry, done);
  emitter.emit(jump(entry, "==", immediate(0), crowded));
  emitter.emit(move(ahead, aheadOf(lowering, entry)));
  const burst = emitter.constant(BigInt(shares.BURST_NS));
  emitter.emit(jump(ahead, ">", burst, refused));
  takeOfBlock(lowering, owner, { map: shares.RECORD_BLOCKS_MAP, block, ahead, burst, refused });
  emitter.emit(jump(ahead, "<=", immediate(shares.QUIET_NS), admitted));
  emitter.place(crowded);
  emitter.call("ringbuf_query", toMap(lowering, record.map), immediate(UNREAD));
  const half = ringBytes(lowering.program.ringBytes, lowering.kernel.pageBytes) / 2;
  emitter.emit(jump(R0, ">", immediate(half), refused));
  emitter.place(admitted);
  const share = { entry, block, stepNs };
  chargeBoth(lowering, share, immediate(stepNs));
  return share;
}

function leaveOut(lowering: Lowering, entry: Register, done: Label): Label {
  const { emitter } = lowering;
  return coldBranch(lowering, "left_out", () => {
    const unknown = emitter.label("left_out_of_user");
    emitter.emit(jump(entry, "==", immediate(0), unknown));
    // the user's own count first, so that it includes everything that the rule has counted
    emitter.emit(atomic("add", entry, shares.SHARE_LEFT_OUT_OFFSET, emitter.copy(immediate(1))));
    emitter.place(unknown);
    count(lowering, "left_out", done);
    emitter.emit(goTo(done));
  });
}

/** Charges a record for its bytes: one more for each KiB. */
export function chargeBytes(lowering: Lowering, share: RecordShare, bytes: Register): void {
  const { emitter } = lowering;
  const extra = emitter.copy(bytes);
  emitter.emit(alu(extra, ">>", immediate(shares.RECORD_UNIT_BITS)), alu(extra, "*", immediate(share.stepNs)));
  chargeBoth(lowering, share, extra);
}
