import type { EventValue } from "../sample/sample.ts";
import type { Settings } from "../settings/settings.ts";
import { changedSettings, type SettingsHashes, settingsHashes } from "./settings-hashes.ts";
import { ruleChanges, type RuleHashes } from "./rule-changes.ts";
import type { RunningRule } from "./running-rule.ts";

/** Writes a line about the daemon to the sealed logs. */
export type Note = (event: string, fields: Readonly<Record<string, EventValue>>) => void;

/** Notes for auditors: when the daemon began to record, and which rules and settings changed. */
export class RuleNotes {
  readonly #note: Note;
  #hashes: RuleHashes | undefined;
  #settings: SettingsHashes | undefined;

  constructor(note: Note) {
    this.#note = note;
  }

  /**
   * Notes that rules and settings were read: at the start, and at each reload. `redact` always
   * stands there: without it, the log may hold secrets from then on.
   */
  note(rules: readonly RunningRule[], settings: Settings): void {
    const before = this.#hashes;
    const settingsBefore = this.#settings;
    this.#settings = settingsHashes(settings);
    const changed = settingsBefore === undefined ? [] : changedSettings(settingsBefore, this.#settings);
    this.#hashes = new Map(rules.map(({ name, identity }) => [name, identity.fingerprint]));
    const event = before === undefined ? "the daemon started" : "the daemon read its rules again";
    this.#note(event, {
      ...{ pid: process.pid, redact: settings.redact, ...ruleChanges(before ?? new Map(), this.#hashes) },
      ...(changed.length > 0 && { changed_settings: changed }),
    });
  }
}
