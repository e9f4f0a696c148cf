import { closeSync } from "node:fs";
import { answerOf, elfFileAt } from "../kernel/elf/elf-files.ts";
import { placesIn, type WantedPlace } from "../kernel/elf/file-places.ts";
import { mappedInodes } from "../kernel/processes/mapped-inodes.ts";
import { holdRegular, openHeld } from "../kernel/processes/open-regular.ts";
import { openTarget } from "./open-library.ts";
import { rootOf, type Looked, type OpenFile } from "../kernel/processes/open-in-root.ts";
import { processFrames } from "./process-frames.ts";
import type { Answers, HeldFacts, Question } from "./protocol.ts";
import { errorText } from "../source/error-text.ts";

/** Files that are held open at once. Most roots have the same files. */
const MOST_HELD = 512;

const held = new Map<string, HeldFacts>();

/** Answers a question. Throws only on an error of our own. */
export function answer(question: Question, nowMs: () => number): Answers[Question["kind"]] {
  switch (question.kind) {
    case "look":
      return look(question);
    case "release":
      for (const { descriptor } of held.values()) closeSync(descriptor);
      held.clear();
      return true;
    case "places":
      return places(question.path, question.wanted);
    case "mapped":
      return [...mappedInodes(question.pid)];
    case "frames":
      return processFrames(question, nowMs);
  }
}

function look({ isUsers, pid, targets }: Extract<Question, { readonly kind: "look" }>): Answers["look"] {
  const whose = isUsers ? "user" : "foreign";
  const root = rootOf(pid, whose);
  if (root === undefined) return null;
  const found = targets.map((target) => openTarget(root, target));
  const facts = found.map(factsOf);
  // When the process has ended meanwhile, its root is empty. That says nothing about its files.
  return facts.includes(null) && rootOf(pid, whose) === undefined ? null : facts;
}

function factsOf(looked: Looked): HeldFacts | { readonly fault: string } | null {
  if (looked === undefined) return null;
  return "fault" in looked ? looked : hold(looked);
}

function hold(file: OpenFile): HeldFacts | { readonly fault: string } {
  const { descriptor, isOverlay, path, stats } = file;
  const [dev, ino, size] = [stats.dev, stats.ino, stats.size].map(String) as [string, string, string];
  const [mtimeNs, ctimeNs] = [stats.mtimeNs, stats.ctimeNs].map(String) as [string, string];
  const key = [dev, ino, size, mtimeNs, ctimeNs].join(" ");
  const same = held.get(key);
  if (same !== undefined || held.size >= MOST_HELD) closeSync(descriptor);
  if (same !== undefined) return { ...same, isOverlay, path };
  if (held.size >= MOST_HELD) return { fault: `more than ${MOST_HELD} different files` };
  const facts = { descriptor, dev, ino, size, mtimeNs, ctimeNs, isOverlay, path };
  held.set(key, facts);
  return facts;
}

function places(path: string, wanted: readonly WantedPlace[]): Answers["places"] {
  const place = holdRegular(path, true);
  if (place === undefined) return { fault: "not a regular file" };
  let opened: number | undefined;
  try {
    opened = openHeld(place.descriptor);
    const elf = elfFileAt(opened, Number(place.stats.size), path);
    if (typeof elf === "string") return { fault: elf };
    const found = answerOf(() => placesIn(wanted, elf));
    return typeof found === "string" ? { fault: found } : found;
  } catch (error) {
    return { fault: `cannot be read (${errorText(error)})` };
  } finally {
    if (opened !== undefined) closeSync(opened);
    closeSync(place.descriptor);
  }
}
