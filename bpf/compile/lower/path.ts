import type { Bytes, PathLayout } from "../../check/typed-expression.ts";
import { R0, alu, goTo, immediate, jump, load, move, store } from "../instruction.ts";
import type { Label, Register } from "../instruction.ts";
import { SCRATCH_CURSOR } from "../maps.ts";
import { TEXT_CUT, type RecordLayout } from "../object-spec.ts";
import { probeRead } from "./load.ts";
import { addressOf, branch } from "./lowering.ts";
import type { Lowering, Place } from "./lowering.ts";
import { advance, loadCursor, placeAtCursor } from "./cursor.ts";
import { countAndGo } from "./state.ts";
import { lowerScalar } from "./values.ts";

type Path = Extract<Bytes, { readonly op: "path" }>;

/** Names and mounts that a path may have; the rest is cut off at the root's end, and the length marked with TEXT_CUT. */
const STEPS = 64;
/** NAME_MAX of include/uapi/linux/limits.h, and a NUL. */
const NAME_BYTES = 256;

/** Where a walk stands. All are plain addresses; `mount` is a struct mount, which `vfsmount` lies within. */
interface Walk {
  readonly dentry: Register;
  readonly vfsmount: Register;
  readonly layout: PathLayout;
}

/**
 * Appends the names of a path, innermost first, each with its NUL, as d_path of the kernel walks it: up by the parents of a dentry, and
 * at the root of a mount on from its mountpoint. It ends at the root of all mounts, or where a dentry is its own parent. The cursor
 * stays in memory, so that the verifier sees the same state in each round but for the counter, and walks each round once.
 */
export function appendPath(
  lowering: Lowering,
  path: Path,
  scratch: Register,
  record: RecordLayout,
  lengthPlace: Place,
): void {
  const { emitter } = lowering;
  const address = lowerScalar(lowering, path.address);
  const { layout } = path;
  const before = emitter.register();
  emitter.emit(load(8, before, scratch, SCRATCH_CURSOR));
  const vfsmount = probeRead(lowering, "kernel", address, layout.pathMnt, 8);
  const dentry = probeRead(lowering, "kernel", address, layout.pathDentry, 8);
  const walk = { vfsmount, dentry, layout };
  const unreadable = emitter.label("path_unreadable");
  const done = emitter.label("path_done");
  const next = emitter.label("path_step");
  const round = emitter.copy(immediate(0));
  emitter.place(next);
  branch(lowering, () => {
    emitter.emit(alu(round, "+", immediate(1)), jump(round, ">", immediate(STEPS), done));
    crossMount(lowering, walk, next, done);
    appendName(lowering, walk, { path, scratch, record, before, done, unreadable });
    emitter.emit(goTo(next));
  });
  emitter.place(unreadable);
  emitter.emit(move(round, immediate(STEPS + 1)));
  emitter.place(done);
  const length = emitter.register();
  emitter.emit(load(8, length, scratch, SCRATCH_CURSOR), alu(length, "-", before));
  const whole = emitter.label("path_whole");
  emitter.emit(jump(round, "<=", immediate(STEPS), whole), alu(length, "|", immediate(TEXT_CUT)));
  emitter.place(whole);
  emitter.emit(store(4, lengthPlace.base, lengthPlace.offset, length));
}

/** At the root of a mount: goes to its mountpoint and on at `next`, or to `done` where no mount is above. */
function crossMount(lowering: Lowering, { dentry, vfsmount, layout }: Walk, next: Label, done: Label): void {
  const { emitter } = lowering;
  const within = emitter.label("within_mount");
  const root = probeRead(lowering, "kernel", vfsmount, layout.vfsmountRoot, 8);
  emitter.emit(jump(dentry, "!=", root, within));
  const mount = emitter.copy(vfsmount);
  emitter.emit(alu(mount, "-", immediate(layout.mountMnt)));
  const parent = probeRead(lowering, "kernel", mount, layout.mountParent, 8);
  emitter.emit(jump(parent, "==", mount, done));
  const mountpoint = probeRead(lowering, "kernel", mount, layout.mountMountpoint, 8);
  emitter.emit(move(dentry, mountpoint), move(vfsmount, parent), alu(vfsmount, "+", immediate(layout.mountMnt)));
  emitter.emit(goTo(next));
  emitter.place(within);
}

interface Destination {
  readonly path: Path;
  readonly scratch: Register;
  readonly record: RecordLayout;
  /** the cursor where the path begins */
  readonly before: Register;
  readonly done: Label;
  /** where a name could not be read: those above it are missing */
  readonly unreadable: Label;
}

/** Appends the name of the dentry and goes to its parent. The last name is cut where the room ends, which shows that it was. */
function appendName(lowering: Lowering, { dentry, layout }: Walk, to: Destination): void {
  const { emitter } = lowering;
  const parent = probeRead(lowering, "kernel", dentry, layout.dentryParent, 8);
  emitter.emit(jump(parent, "==", dentry, to.done));
  const name = probeRead(lowering, "kernel", dentry, layout.dentryNamePointer, 8);
  const cursor = loadCursor(lowering, to.scratch, to.record, to.done);
  const room = roomLeft(lowering, cursor, to);
  const place = placeAtCursor(lowering, to.scratch, cursor);
  emitter.call("probe_read_kernel_str", addressOf(lowering, place), room, name);
  emitter.emit(jump(R0, ">", immediate(NAME_BYTES), countAndGo(lowering, "faulted", to.unreadable)));
  advance(lowering, to.scratch, cursor, emitter.copy(R0));
  emitter.emit(move(dentry, parent));
}

function roomLeft({ emitter }: Lowering, cursor: Register, { path, before, done }: Destination): Register {
  const used = emitter.copy(cursor);
  emitter.emit(alu(used, "-", before), jump(used, ">=", immediate(path.bytes), done));
  const room = emitter.copy(immediate(path.bytes));
  const fits = emitter.label("name_fits");
  emitter.emit(alu(room, "-", used), jump(room, "<=", immediate(NAME_BYTES), fits), move(room, immediate(NAME_BYTES)));
  emitter.place(fits);
  return room;
}
