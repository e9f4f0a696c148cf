import { readdirSync, rmdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
import { visible } from "../../../bpf/source/visible.ts";
import { isDropInFolder } from "../../rules/list-rule-files.ts";
import { makeFolders, syncFolder, writeFileAtomically } from "./write-file.ts";

/** One change of a file in the administrator's rules folder. */
export type FileChange =
  | { readonly kind: "link"; readonly path: string; readonly target: string }
  | { readonly kind: "write"; readonly path: string; readonly text: string }
  | { readonly kind: "remove"; readonly path: string };

interface ChangeKind<Change> {
  /** never overwrites a link or a file that another program has created meanwhile */
  readonly apply: (change: Change) => void;
  readonly textOf: (change: Change) => string;
}

const KINDS: { readonly [Kind in FileChange["kind"]]: ChangeKind<Extract<FileChange, { kind: Kind }>> } = {
  link: {
    apply({ path, target }) {
      makeFolders(dirname(path));
      symlinkSync(target, path);
      syncFolder(dirname(path));
    },
    textOf: ({ path, target }) => `created link ${visible(path)} → ${visible(target)}`,
  },
  write: {
    apply: ({ path, text }) => writeFileAtomically(path, text),
    textOf: ({ path }) => `wrote ${visible(path)}`,
  },
  remove: {
    apply({ path }) {
      const folder = dirname(path);
      rmSync(path);
      syncFolder(folder);
      if (isDropInFolder(folder) && readdirSync(folder).length === 0) rmdirSync(folder);
    },
    textOf: ({ path }) => `removed ${visible(path)}`,
  },
};

/** Changes the file. Throws Node's error if that fails. */
export function applyChange(change: FileChange): void {
  (KINDS[change.kind] as ChangeKind<FileChange>).apply(change);
}

/** Says what was changed. */
export function changeText(change: FileChange): string {
  return (KINDS[change.kind] as ChangeKind<FileChange>).textOf(change);
}
