import { alu, atomic, goTo, immediate, jump, load, mapValue, move, store } from "../../instruction.ts";
import type { Label, Register } from "../../instruction.ts";
import type { WakeLayout } from "../../object-spec.ts";
import {
  KEY_SLACK_BYTES,
  KEY_SLACKS_MAP,
  SLACK_MAP,
  SLACK_WANTED,
  SLACK_WOKEN,
  WAKE_PAUSE_NS,
  WAKES_MAP,
} from "../../wake-layout.ts";
import { addressOf, coldBranch, onStack } from "../lowering.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import { lookUpAt, toMap } from "../state.ts";

/** bpf_map_update_elem: only if the key is new (include/uapi/linux/bpf.h). */
const BPF_NOEXIST = 1;
const BPF_RB_NO_WAKEUP = 1;
const BPF_RB_FORCE_WAKEUP = 2;

/** The slots that were counted into, and where a run continues. */
interface Asking {
  readonly slots: MemoryPlace;
  /** the value of the first slot */
  readonly value: Register;
  /** the value up to which this CPU may count without asking */
  readonly grant: Register;
  readonly key: MemoryPlace | undefined;
  readonly resume: Label;
}

/**
 * Wakes the reader if the slack is used up; `wake-layout.ts` says how. A run that stays within the
 * grant of its CPU does only one comparison.
 */
export function wakeReader(lowering: Lowering, slots: MemoryPlace, key?: MemoryPlace): void {
  const { emitter, layout } = lowering;
  const { wake } = layout;
  if (wake === undefined) return;
  const [value, grant, resume] = [emitter.register(), emitter.register(), emitter.label("within_grant")];
  emitter.comment("within the grant of this CPU?");
  emitter.emit(load(8, value, slots.base, slots.offset));
  emitter.emit(load(8, grant, slots.base, slots.offset + wake.grantOffset));
  const asking: Asking = { slots, value, grant, key, resume };
  const beyond = coldBranch(lowering, "beyond_grant", () => {
    const { slack, spent } = findSlack(lowering, asking, wake);
    ASK[wake.by](lowering, asking, slack, spent);
    sendWakeUp(lowering, asking, slack);
    emitter.place(spent);
    askLater(lowering, asking, wake);
  });
  emitter.emit(jump(value, ">", grant, beyond));
  emitter.place(resume);
}

/** Returns the address of the slack. A key without one gets that of a new key. */
function findSlack(
  lowering: Lowering,
  { key }: Asking,
  { by }: WakeLayout,
): { readonly slack: Register; readonly spent: Label } {
  const { emitter } = lowering;
  const spent = emitter.label("spent");
  const ofRule = emitter.register();
  emitter.emit(mapValue(ofRule, SLACK_MAP, 0));
  if (key === undefined) return { slack: ofRule, spent };
  const found = emitter.label("slack");
  const slack = emitter.register();
  emitter.emit(move(slack, lookUpAt(lowering, KEY_SLACKS_MAP, key)), jump(slack, "!=", immediate(0), found));
  const initial = emitter.register();
  emitter.emit(load(8, initial, ofRule, 0));
  if (by === "total") emitter.emit(jump(initial, "s<=", immediate(0), spent));
  lowering.frame.with(KEY_SLACK_BYTES, (slot) => {
    const entry = onStack(slot);
    emitter.emit(store(8, entry.base, entry.offset, initial));
    emitter.emit(store(8, entry.base, entry.offset + SLACK_WANTED, immediate(1)));
    const address = addressOf(lowering, entry);
    emitter.call(
      "map_update_elem",
      toMap(lowering, KEY_SLACKS_MAP),
      addressOf(lowering, key),
      address,
      immediate(BPF_NOEXIST),
    );
  });
  emitter.emit(move(slack, lookUpAt(lowering, KEY_SLACKS_MAP, key)), jump(slack, "==", immediate(0), spent));
  emitter.place(found);
  return { slack, spent };
}

/** Asks for a grant. Continues if the slack is used up by this; goes to `spent` if it was before. */
type Ask = (lowering: Lowering, asking: Asking, slack: Register, spent: Label) => void;

const ASK: Readonly<Record<WakeLayout["by"], Ask>> = {
  total(lowering, { slots, value, grant, resume }, slack, spent) {
    const { emitter, layout, kernel } = lowering;
    const left = emitter.register();
    emitter.emit(load(8, left, slack, 0), jump(left, "s<=", immediate(0), spent));
    emitter.comment("take what was counted, and a part of the rest");
    const taken = emitter.copy(grant);
    const until = emitter.copy(left);
    emitter.emit(alu(until, ">>", immediate(partShift(kernel.possibleCpus))), alu(until, "+", value));
    emitter.emit(alu(taken, "-", until), atomic("add", slack, 0, taken));
    emitter.emit(store(8, slots.base, slots.offset + (layout.wake?.grantOffset ?? 0), until));
    emitter.emit(load(8, left, slack, 0), jump(left, "s>", immediate(0), resume));
  },
  rank(lowering, { slots, value, resume }, slack) {
    const { emitter, layout } = lowering;
    const reached = emitter.label("reached");
    const until = emitter.register();
    const grantOffset = slots.offset + (layout.wake?.grantOffset ?? 0);
    emitter.emit(load(8, until, slack, 0), jump(value, ">=", until, reached), alu(until, "-", immediate(1)));
    emitter.emit(store(8, slots.base, grantOffset, until), goTo(resume));
    emitter.place(reached);
    emitter.emit(store(8, slots.base, grantOffset, immediate(-1)));
  },
};

/**
 * Returns the shift that makes a grant of the slack that is left. All CPUs together hold at most an
 * eighth of it unused.
 */
const partShift = (cpus: number): number => Math.ceil(Math.log2(cpus)) + 3;

/** Sends the key to the reader, once for each slack, and wakes it unless it was woken just now. */
function sendWakeUp(lowering: Lowering, { key, resume }: Asking, slack: Register): void {
  const { emitter, layout, kernel } = lowering;
  const wanted = emitter.constant(0n);
  if (kernel.has("atomic_fetch")) emitter.emit(atomic("exchange", slack, SLACK_WANTED, wanted));
  else emitter.emit(load(8, wanted, slack, SLACK_WANTED), store(8, slack, SLACK_WANTED, immediate(0)));
  emitter.emit(jump(wanted, "==", immediate(0), resume));
  const now = emitter.callFor("ktime_get_boot_ns");
  const rule = emitter.register();
  emitter.emit(mapValue(rule, SLACK_MAP, 0));
  const passed = emitter.copy(now);
  const last = emitter.register();
  const flags = emitter.constant(BigInt(BPF_RB_NO_WAKEUP));
  const send = emitter.label("send");
  emitter.emit(load(8, last, rule, SLACK_WOKEN), alu(passed, "-", last));
  emitter.emit(jump(passed, "<", immediate(WAKE_PAUSE_NS), send));
  emitter.emit(store(8, rule, SLACK_WOKEN, now), move(flags, immediate(BPF_RB_FORCE_WAKEUP)));
  emitter.place(send);
  const bytes = immediate(layout.key?.bytes ?? KEY_SLACK_BYTES);
  const content = key === undefined ? rule : addressOf(lowering, key);
  emitter.call("ringbuf_output", toMap(lowering, WAKES_MAP), content, bytes, flags);
  emitter.emit(goTo(resume));
}

/**
 * Lets a CPU ask again once its count has doubled: there is no slack now, but the reader may give
 * some before its next tick.
 */
function askLater({ emitter }: Lowering, { slots, value, resume }: Asking, { by, grantOffset }: WakeLayout): void {
  if (by === "total") emitter.emit(alu(value, "+", value));
  else emitter.emit(move(value, immediate(-1)));
  emitter.emit(store(8, slots.base, slots.offset + grantOffset, value), goTo(resume));
}
