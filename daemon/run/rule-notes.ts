import type { EventValue } from "../sample/sample.ts";
import { ruleChanges, type RuleHashes } from "./rule-changes.ts";
import type { RunningRule } from "./running-rule.ts";

/** Writes a line about the daemon to the sealed logs. */
export type Note = (event: string, fields: Readonly<Record<string, EventValue>>) => void;

/** Notes for auditors: when the daemon began to record, and which rules changed. */
export class RuleNotes {
  readonly #note: Note;
  #hashes: RuleHashes | undefined;

  constructor(note: Note) {
    this.#note = note;
  }

  /** Notes that the rules were read: at the start, and at each reload. */
  note(rules: readonly RunningRule[]): void {
    const before = this.#hashes;
    this.#hashes = new Map(rules.map(({ name, identity }) => [name, identity.fingerprint]));
    const event = before === undefined ? "the daemon started" : "the daemon read its rules again";
    this.#note(event, { pid: process.pid, ...ruleChanges(before ?? new Map(), this.#hashes) });
  }
}
