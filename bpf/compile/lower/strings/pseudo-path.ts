import type { PathLayout } from "../../../check/typed-expression.ts";
import { goTo, immediate, jump } from "../../instruction.ts";
import type { Label, Register } from "../../instruction.ts";
import { branch } from "../lowering.ts";
import type { Lowering } from "../lowering.ts";
import { lengthOf, prependBytes, prependLiteral, prependNumber, readKernel, type PathText } from "./path-text.ts";

/*
 * Names of files that are in no folder. Their file system makes a name (`d_dname` of struct
 * dentry_operations), which /proc/PID/fd shows. Those of alloc_file_pseudo (fs/file_table.c) and
 * most others are made by simple_dname of fs/d_path.c.
 */

/** A file that is in no folder, and the text for its name. */
interface Pseudo {
  readonly dentry: Register;
  readonly layout: PathLayout;
  readonly text: PathText;
}

/** Bytes of the names of ns_dname, with a NUL (fs/nsfs.c). */
const NAMESPACE_BYTES = 32;

/** The writer of the name, by the magic number of the file system (include/uapi/linux/magic.h). */
const WRITERS: readonly (readonly [number, (lowering: Lowering, file: Pseudo) => void])[] = [
  // pipefs_dname of fs/pipe.c
  [0x50495045, (lowering, file) => numbered(lowering, file, () => prependLiteral(lowering, file.text, "pipe"))],
  // sockfs_dname of net/socket.c
  [0x534f434b, (lowering, file) => numbered(lowering, file, () => prependLiteral(lowering, file.text, "socket"))],
  [0x6e736673, (lowering, file) => numbered(lowering, file, () => prependNamespace(lowering, file))],
  // anon_inodefs_dname of fs/anon_inodes.c
  [
    0x09041934,
    (lowering, file) => {
      prependOwnName(lowering, file);
      prependLiteral(lowering, file.text, "anon_inode:");
    },
  ],
  // pidfs_dname of fs/pidfs.c, since 6.9; before, a pidfd is an anonymous inode
  [0x50494446, (lowering, { text }) => prependLiteral(lowering, text, "anon_inode:[pidfd]")],
];

/**
 * Writes the name of a file that is in no folder, and goes to `done`. Continues if the file is in a
 * folder, or was, and then " (deleted)" is written.
 *
 * @param mountRoot the root of the mount that the file was found by: a mounted file has a path
 */
export function prependPseudo(lowering: Lowering, file: Pseudo, mountRoot: Register | undefined, done: Label): void {
  const { emitter } = lowering;
  const { dentry, layout, text } = file;
  const [placed, whole] = [emitter.label("in_folder"), emitter.label("not_deleted")];
  const operations = readKernel(lowering, text, dentry, layout.dentryOperations, 8);
  emitter.emit(jump(operations, "==", immediate(0), placed));
  const makesName = readKernel(lowering, text, operations, layout.operationsName, 8);
  emitter.emit(jump(makesName, "==", immediate(0), placed));
  if (mountRoot !== undefined) emitter.emit(jump(dentry, "==", mountRoot, placed));
  branch(lowering, () => {
    writeName(lowering, file, done);
  });
  emitter.place(placed);
  const hashed = readKernel(lowering, text, dentry, layout.dentryHashed, 8);
  emitter.emit(jump(hashed, "!=", immediate(0), whole));
  const parent = readKernel(lowering, text, dentry, layout.dentryParent, 8);
  emitter.emit(jump(parent, "==", dentry, whole));
  // a file that is only being made has no inode
  const inode = readKernel(lowering, text, dentry, layout.dentryInode, 8);
  emitter.emit(jump(inode, "==", immediate(0), whole));
  prependLiteral(lowering, text, DELETED);
  emitter.place(whole);
}

const DELETED = " (deleted)";

function writeName(lowering: Lowering, file: Pseudo, done: Label): void {
  const { emitter } = lowering;
  const { dentry, layout, text } = file;
  const superBlock = readKernel(lowering, text, dentry, layout.dentrySuper, 8);
  const magic = readKernel(lowering, text, superBlock, layout.superMagic, 8);
  for (const [known, write] of WRITERS) {
    const other = emitter.label("other_kind");
    emitter.emit(jump(magic, "!=", immediate(known), other));
    branch(lowering, () => {
      write(lowering, file);
    });
    emitter.emit(goTo(done));
    emitter.place(other);
  }
  prependLiteral(lowering, text, DELETED);
  prependOwnName(lowering, file);
  prependLiteral(lowering, text, "/");
  emitter.emit(goTo(done));
}

/** Writes `name:[inode]`. */
function numbered(lowering: Lowering, { dentry, layout, text }: Pseudo, prependKind: () => void): void {
  prependLiteral(lowering, text, "]");
  const inode = readKernel(lowering, text, dentry, layout.dentryInode, 8);
  prependNumber(lowering, text, readKernel(lowering, text, inode, layout.inodeNumber, 8));
  prependLiteral(lowering, text, ":[");
  prependKind();
}

function prependOwnName(lowering: Lowering, { dentry, layout, text }: Pseudo): void {
  const name = readKernel(lowering, text, dentry, layout.dentryNamePointer, 8);
  const length = readKernel(lowering, text, dentry, layout.dentryNameLength, 4);
  prependBytes(lowering, text, name, length);
}

/** Writes the name that a namespace's operations give it (ns_dname of fs/nsfs.c). */
function prependNamespace(lowering: Lowering, { dentry, layout, text }: Pseudo): void {
  let at = dentry;
  for (const offset of [layout.dentryInode, layout.inodePrivate, layout.namespaceOperations, layout.namespaceName])
    at = readKernel(lowering, text, at, offset, 8);
  prependBytes(lowering, text, at, lengthOf(lowering, text, at, NAMESPACE_BYTES));
}
