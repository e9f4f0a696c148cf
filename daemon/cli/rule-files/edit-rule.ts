import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline/promises";
import { formatDiagnostics } from "../../../bpf/source/format-diagnostic.ts";
import { visible } from "../../../bpf/source/visible.ts";
import { usedLayer } from "../../rules/layered-files.ts";
import { wantsColor } from "../../service/wants-color.ts";
import { fail, reportHostTrouble } from "../host-trouble.ts";
import { checkDraft } from "./check-draft.ts";
import { contentOf, keptPart } from "./draft-text.ts";
import type { EditTarget } from "./edit-target.ts";
import { isLibraryLink } from "./library-link.ts";
import type { RulePlaces } from "./rule-places.ts";
import { linkTarget } from "./rule-state.ts";
import { runEditor } from "./run-editor.ts";

/** The result of an edit. Undefined after an error, which was reported. */
export type Edited = { readonly text: string; readonly isChanged: boolean } | undefined;

/** Takes the text of a script, and checks it. */
export async function takeText(text: string, target: EditTarget, places: RulePlaces): Promise<Edited> {
  const isGood = await isFaultless({ path: target.path, text }, target, places);
  return isGood ? { text, isChanged: text !== target.existing } : undefined;
}

/**
 * Lets the user edit a draft, again after each error if the user wants to. A draft that is not
 * taken is kept.
 *
 * @param isWhole the draft is the file itself, without our comments
 */
export async function editDraft(target: EditTarget, places: RulePlaces, isWhole: boolean): Promise<Edited> {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-edit-"));
  const path = join(folder, basename(target.path));
  writeFileSync(path, target.draft, { mode: 0o600 });
  const edited = await editUntilGood(path, target, places, isWhole);
  if (edited === undefined && readFileSync(path, "utf8") !== target.draft)
    console.error(`nothing was written; the draft is kept in ${visible(path)}`);
  else rmSync(dirname(path), { recursive: true });
  return edited;
}

async function editUntilGood(path: string, target: EditTarget, places: RulePlaces, isWhole: boolean): Promise<Edited> {
  for (;;) {
    const fault = await withoutInterrupts(() => runEditor(path, process.env));
    if (fault !== undefined) return refuse(fault);
    const draft = readFileSync(path, "utf8");
    const text = isWhole ? draft : contentOf(draft);
    const isChanged = draft !== target.draft && text !== target.existing;
    // An empty or unchanged draft is not written.
    if (text.trim() === "" || !isChanged) return { text, isChanged };
    const isGood = await isFaultless({ path, text: isWhole ? draft : keptPart(draft) }, target, places);
    if (isGood) return isStale(target) ? refuse(staleText(target)) : { text, isChanged };
    if (!(await wantsAgain())) return undefined;
  }
}

function refuse(reason: string): undefined {
  fail(reason);
}

/** Returns true if somebody changed the file since the draft was made of it. */
function isStale({ path, existing }: EditTarget): boolean {
  // A link to the library is replaced: it is not the text that was edited.
  if (linkTarget(path) !== undefined) return !isLibraryLink(path);
  return (existsSync(path) ? readFileSync(path, "utf8") : undefined) !== existing;
}

const staleText = ({ path }: EditTarget): string => `${visible(path)} was changed by somebody else meanwhile`;

/** Ctrl-C in an editor is meant for the editor. */
async function withoutInterrupts<Result>(run: () => Result): Promise<Result> {
  const ignore = (): void => undefined;
  process.on("SIGINT", ignore);
  try {
    return run();
  } finally {
    await new Promise((resolve) => setImmediate(resolve));
    process.off("SIGINT", ignore);
  }
}

async function isFaultless(
  changed: { readonly path: string; readonly text: string },
  { found, sourcesWith }: EditTarget,
  places: RulePlaces,
): Promise<boolean> {
  const { diagnostics, trouble, isFaulty } = await checkDraft(
    sourcesWith(changed),
    places.folder,
    usedLayer(found.file),
  );
  if (diagnostics.length > 0)
    console.error(`${formatDiagnostics(diagnostics, { color: wantsColor(process.stderr) })}\n`);
  if (trouble !== undefined) reportHostTrouble(trouble);
  if (isFaulty) process.exitCode = 1;
  return !isFaulty;
}

async function wantsAgain(): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await Promise.race([lines.question("edit again? [Y/n] "), closed(lines)]);
  lines.close();
  const wants = !/^n/i.test(answer.trim());
  if (wants) process.exitCode = 0;
  return wants;
}

/** Ctrl-D and Ctrl-C mean no. */
function closed(lines: ReturnType<typeof createInterface>): Promise<string> {
  return new Promise((resolve) => {
    lines.once("close", () => resolve("n"));
  });
}
