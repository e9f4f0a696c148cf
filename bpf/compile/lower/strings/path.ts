import type { Bytes, PathLayout } from "../../../check/typed-expression.ts";
import { alu, goTo, immediate, jump, move, store } from "../../instruction.ts";
import type { Label, Register } from "../../instruction.ts";
import { TEXT_CUT } from "../../object-spec.ts";
import { countedLoop } from "../counted-loop.ts";
import type { Lowering, MemoryPlace } from "../lowering.ts";
import {
  copyBytes,
  loadCursor,
  NAME_BYTES,
  prependLiteral,
  readKernel,
  startText,
  storeCursor,
  TEXT_END,
  TEXT_FIRST,
  textAt,
  type PathText,
} from "./path-text.ts";
import { prependPseudo } from "./pseudo-path.ts";
import { countAndGo } from "../state.ts";

type Path = Pick<Extract<Bytes, { readonly op: "path" }>, "from" | "layout"> & { readonly address: Register };

/** The most names and mounts of a path; the rest is cut off at the root's end. */
const STEPS = 64;
const SLASH = 0x2f;

/** The cost of a step of the walk for a verifier, including a mount that is crossed. */
const STEP_COST = { instructions: 90, jumps: 4 };

/**
 * The position of a walk. All are plain addresses; `mount` is a struct mount, which contains
 * `vfsmount`.
 */
interface Walk {
  readonly text: PathText;
  readonly dentry: Register;
  readonly vfsmount: Register;
  readonly layout: PathLayout;
}

/**
 * Composes a path from its end, as d_path of the kernel walks it: up by the parents of a dentry,
 * and from the root of a mount to its mountpoint. It ends at the root of all mounts, or at a dentry
 * that is its own parent. A path that had to be cut begins with "...". Returns where the text
 * begins in the workspace, with TEXT_CUT if it had to be cut.
 */
export function composePath(lowering: Lowering, path: Path, workspace: MemoryPlace): Register {
  const { emitter } = lowering;
  const text = startText(lowering, workspace);
  const mark = emitter.copy(immediate(0));
  const walk = startOf(lowering, path, text);
  const cut = emitter.label("path_cut");
  const done = emitter.label("path_done");
  const mountRoot =
    path.from === "path" ? readKernel(lowering, text, walk.vfsmount, path.layout.vfsmountRoot, 8) : undefined;
  prependPseudo(lowering, walk, mountRoot, done);
  countedLoop(lowering, { rounds: STEPS, step: 1, ...STEP_COST }, (_, next) => {
    if (path.from === "path") crossMount(lowering, walk, next, done);
    prependName(lowering, walk, { done, cut });
  });
  emitter.emit(goTo(cut));
  emitter.place(done);
  const whole = emitter.label("path_whole");
  emitter.emit(jump(text.faults, "!=", immediate(0), countAndGo(lowering, "faulted", cut)), goTo(whole));
  emitter.place(cut);
  emitter.emit(move(mark, immediate(TEXT_CUT)));
  checkCursor(lowering, text, whole);
  prependLiteral(lowering, text, "...");
  emitter.place(whole);
  const named = emitter.label("path_named");
  emitter.emit(jump(loadCursor(lowering, text), "!=", immediate(TEXT_END), named));
  prependLiteral(lowering, text, "/");
  emitter.place(named);
  const cursor = loadCursor(lowering, text);
  emitter.emit(alu(cursor, "|", mark));
  return cursor;
}

/**
 * Bounds the cursor: the verifier treats every value loaded from a map as unknown. `lost` is never
 * reached.
 */
function checkCursor(lowering: Lowering, text: PathText, lost: Label): void {
  const cursor = loadCursor(lowering, text);
  const { emitter } = lowering;
  emitter.emit(jump(cursor, "<", immediate(TEXT_FIRST), lost), jump(cursor, ">", immediate(TEXT_END), lost));
}

function startOf(lowering: Lowering, { from, address, layout }: Path, text: PathText): Walk {
  const { emitter } = lowering;
  const start = { text, dentry: address, vfsmount: address, layout };
  if (from === "dentry") return { ...start, dentry: emitter.copy(address) };
  const vfsmount = readKernel(lowering, text, address, layout.pathMnt, 8);
  const dentry = readKernel(lowering, text, address, layout.pathDentry, 8);
  return { ...start, vfsmount, dentry };
}

/**
 * At the root of a mount, goes to its mountpoint and continues at `next`, or goes to `done` if
 * there is no mount above.
 */
function crossMount(lowering: Lowering, walk: Walk, next: Label, done: Label): void {
  const { emitter } = lowering;
  const { dentry, vfsmount, layout } = walk;
  const within = emitter.label("within_mount");
  const root = readKernel(lowering, walk.text, vfsmount, layout.vfsmountRoot, 8);
  emitter.emit(jump(dentry, "!=", root, within));
  const mount = emitter.copy(vfsmount);
  emitter.emit(alu(mount, "-", immediate(layout.mountMnt)));
  const parent = readKernel(lowering, walk.text, mount, layout.mountParent, 8);
  emitter.emit(jump(parent, "==", mount, done));
  const mountpoint = readKernel(lowering, walk.text, mount, layout.mountMountpoint, 8);
  emitter.emit(move(dentry, mountpoint), move(vfsmount, parent), alu(vfsmount, "+", immediate(layout.mountMnt)));
  emitter.emit(goTo(next));
  emitter.place(within);
}

/** Writes the name of the dentry before the text, and goes to its parent. */
function prependName(lowering: Lowering, walk: Walk, to: { readonly done: Label; readonly cut: Label }): void {
  const { emitter } = lowering;
  const { dentry, layout, text } = walk;
  const parent = readKernel(lowering, text, dentry, layout.dentryParent, 8);
  emitter.emit(jump(parent, "==", dentry, to.done));
  const name = readKernel(lowering, text, dentry, layout.dentryNamePointer, 8);
  const length = readKernel(lowering, text, dentry, layout.dentryNameLength, 4);
  const cursor = loadCursor(lowering, text);
  emitter.emit(alu(length, "&", immediate(NAME_BYTES)), alu(cursor, "-", length), alu(cursor, "-", immediate(1)));
  emitter.emit(jump(cursor, "s<", immediate(TEXT_FIRST), to.cut));
  const place = textAt(lowering, text, cursor);
  emitter.emit(store(1, place.base, place.offset, immediate(SLASH)));
  copyBytes(lowering, text, { ...place, offset: place.offset + 1 }, name, length);
  storeCursor(lowering, text, cursor);
  emitter.emit(move(dentry, parent));
}
