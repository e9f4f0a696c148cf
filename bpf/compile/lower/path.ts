import type { Bytes, PathLayout } from "../../check/typed-expression.ts";
import { FRAME, R0, alu, goTo, immediate, jump, load, move, store } from "../instruction.ts";
import type { Label, Register } from "../instruction.ts";
import { TEXT_CUT } from "../object-spec.ts";
import { countedLoop } from "./counted-loop.ts";
import { addressOf, onStack } from "./lowering.ts";
import type { Lowering, Place } from "./lowering.ts";
import { countAndGo } from "./state.ts";
import { COMPOSED_BYTES, TEXT_MASK, WORKSPACE_CURSOR, WORKSPACE_TEXT } from "./workspace.ts";

type Path = Pick<Extract<Bytes, { readonly op: "path" }>, "from" | "layout"> & { readonly address: Register };

/** Names and mounts that a path may have; the rest is cut off at the root's end. */
const STEPS = 64;
/** NAME_MAX of include/uapi/linux/limits.h; a mask too. */
const NAME_BYTES = 255;
/** Where the text ends, and its NUL stands: it grows down from there. Room for "..." is left below the first byte. */
const END = WORKSPACE_TEXT + COMPOSED_BYTES - 1;
const FIRST = WORKSPACE_TEXT + 3;
const [SLASH, DOT] = [0x2f, 0x2e];

/** What a step of the walk costs a verifier, a mount that is crossed included. */
const STEP_COST = { instructions: 90, jumps: 4 };

/** Where a walk stands. All are plain addresses; `mount` is a struct mount, which `vfsmount` lies within. */
interface Walk {
  /** not 0 where any read faulted: looked at in the end, since a verifier keeps every jump of every step in mind */
  readonly faults: Register;
  readonly dentry: Register;
  readonly vfsmount: Register;
  readonly layout: PathLayout;
}

/**
 * Puts a path together from its end, as d_path of the kernel walks it: up by the parents of a dentry, and at the root of a mount on from
 * its mountpoint. It ends at the root of all mounts, or where a dentry is its own parent; where it had to be cut it begins with "...".
 * The cursor stays in memory, so that the verifier sees the same state in each round but for the counter, and walks each round once.
 * Gives where the text begins in the workspace, with TEXT_CUT where it had to be cut.
 */
export function composePath(lowering: Lowering, path: Path, workspace: Place): Register {
  const { emitter } = lowering;
  const at = (offset: number): [Register, number] => [workspace.base, workspace.offset + offset];
  emitter.emit(store(1, ...at(END), immediate(0)), store(8, ...at(WORKSPACE_CURSOR), immediate(END)));
  const mark = emitter.copy(immediate(0));
  const walk = startOf(lowering, path);
  const cut = emitter.label("path_cut");
  const done = emitter.label("path_done");
  countedLoop(lowering, { rounds: STEPS, step: 1, ...STEP_COST }, (_, next) => {
    if (path.from === "path") crossMount(lowering, walk, next, done);
    prependName(lowering, walk, workspace, { done, cut });
  });
  emitter.emit(goTo(cut));
  emitter.place(done);
  const whole = emitter.label("path_whole");
  emitter.emit(jump(walk.faults, "!=", immediate(0), countAndGo(lowering, "faulted", cut)), goTo(whole));
  emitter.place(cut);
  emitter.emit(move(mark, immediate(TEXT_CUT)));
  const dots = loadCursor(lowering, workspace, whole);
  emitter.emit(alu(dots, "-", immediate(3)), store(8, ...at(WORKSPACE_CURSOR), dots));
  const before = textAt(lowering, workspace, dots);
  for (const offset of [0, 1, 2]) emitter.emit(store(1, before.base, before.offset + offset, immediate(DOT)));
  emitter.place(whole);
  const named = emitter.label("path_named");
  const cursor = emitter.register();
  emitter.emit(load(8, cursor, ...at(WORKSPACE_CURSOR)), jump(cursor, "!=", immediate(END), named));
  emitter.emit(store(1, ...at(END - 1), immediate(SLASH)), move(cursor, immediate(END - 1)));
  emitter.place(named);
  emitter.emit(alu(cursor, "|", mark));
  return cursor;
}

function startOf(lowering: Lowering, { from, address, layout }: Path): Walk {
  const { emitter } = lowering;
  const faults = emitter.copy(immediate(0));
  const start = { faults, dentry: address, vfsmount: address, layout };
  if (from === "dentry") return { ...start, dentry: emitter.copy(address) };
  const vfsmount = read(lowering, start, address, layout.pathMnt, 8);
  const dentry = read(lowering, start, address, layout.pathDentry, 8);
  return { ...start, vfsmount, dentry };
}

/** bpf_probe_read_kernel of one value, which is 0 where it faults. */
function read(lowering: Lowering, { faults }: Walk, base: Register, offset: number, bytes: 4 | 8): Register {
  const { emitter, frame } = lowering;
  return frame.with(8, (slot) => {
    const from = addressOf(lowering, { base, offset });
    emitter.call("probe_read_kernel", addressOf(lowering, onStack(slot)), immediate(bytes), from);
    const value = emitter.register();
    emitter.emit(alu(faults, "|", R0), load(bytes, value, FRAME, slot));
    return value;
  });
}

/** At the root of a mount: goes to its mountpoint and on at `next`, or to `done` where no mount is above. */
function crossMount(lowering: Lowering, walk: Walk, next: Label, done: Label): void {
  const { emitter } = lowering;
  const { dentry, vfsmount, layout } = walk;
  const within = emitter.label("within_mount");
  const root = read(lowering, walk, vfsmount, layout.vfsmountRoot, 8);
  emitter.emit(jump(dentry, "!=", root, within));
  const mount = emitter.copy(vfsmount);
  emitter.emit(alu(mount, "-", immediate(layout.mountMnt)));
  const parent = read(lowering, walk, mount, layout.mountParent, 8);
  emitter.emit(jump(parent, "==", mount, done));
  const mountpoint = read(lowering, walk, mount, layout.mountMountpoint, 8);
  emitter.emit(move(dentry, mountpoint), move(vfsmount, parent), alu(vfsmount, "+", immediate(layout.mountMnt)));
  emitter.emit(goTo(next));
  emitter.place(within);
}

/** Puts the name of the dentry before the text, and goes to its parent. */
function prependName(
  lowering: Lowering,
  walk: Walk,
  workspace: Place,
  to: { readonly done: Label; readonly cut: Label },
): void {
  const { emitter } = lowering;
  const { dentry, faults, layout } = walk;
  const parent = read(lowering, walk, dentry, layout.dentryParent, 8);
  emitter.emit(jump(parent, "==", dentry, to.done));
  const name = read(lowering, walk, dentry, layout.dentryNamePointer, 8);
  const length = read(lowering, walk, dentry, layout.dentryNameLength, 4);
  const cursor = emitter.register();
  emitter.emit(load(8, cursor, workspace.base, workspace.offset + WORKSPACE_CURSOR));
  emitter.emit(alu(length, "&", immediate(NAME_BYTES)), alu(cursor, "-", length), alu(cursor, "-", immediate(1)));
  emitter.emit(jump(cursor, "s<", immediate(FIRST), to.cut));
  const place = textAt(lowering, workspace, cursor);
  emitter.emit(store(1, place.base, place.offset, immediate(SLASH)));
  const masked = (target: Register): void => {
    emitter.emit(move(target, length), alu(target, "&", immediate(NAME_BYTES)));
  };
  emitter.call("probe_read_kernel", addressOf(lowering, { ...place, offset: place.offset + 1 }), masked, name);
  emitter.emit(alu(faults, "|", R0));
  emitter.emit(store(8, workspace.base, workspace.offset + WORKSPACE_CURSOR, cursor), move(dentry, parent));
}

/** Loads the cursor and bounds it anew: the verifier takes every value loaded from a map for unknown. `lost` is never reached. */
function loadCursor({ emitter }: Lowering, { base, offset }: Place, lost: Label): Register {
  const cursor = emitter.register();
  emitter.emit(load(8, cursor, base, offset + WORKSPACE_CURSOR));
  emitter.emit(jump(cursor, "<", immediate(FIRST), lost), jump(cursor, ">", immediate(END), lost));
  return cursor;
}

/** The cursor, which lies within the text, is bounded where it is used: before 5.12 verifiers lose sight of what is spilled. */
function textAt({ emitter }: Lowering, { base, offset }: Place, cursor: Register): Place {
  const [address, bounded] = [emitter.copy(base), emitter.copy(cursor)];
  emitter.emit(alu(bounded, "&", immediate(TEXT_MASK)), alu(address, "+", bounded));
  return { base: address, offset };
}
