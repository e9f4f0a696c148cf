import { createHash } from "node:crypto";
import type { Settings } from "../settings/settings.ts";

/** A hash of each part of the settings, by its key in the file. */
export type SettingsHashes = ReadonlyMap<string, string>;

/** Parts that have another name in the file. */
const NAMES: Readonly<Record<string, string>> = { tickMs: "tick", stateDir: "state_dir" };

/**
 * Hashes the parts of the settings: which of them changed may be written down, and their values
 * not.
 */
export function settingsHashes(settings: Settings): SettingsHashes {
  return new Map(
    Object.entries(settings).map(([name, value]) => {
      const text = JSON.stringify(value, meaning) ?? "";
      return [NAMES[name] ?? name, createHash("sha256").update(text).digest("hex")];
    }),
  );
}

/** Returns the keys of the parts that are not what they were. */
export function changedSettings(before: SettingsHashes, now: SettingsHashes): readonly string[] {
  const names = new Set([...before.keys(), ...now.keys()]);
  return [...names].filter((name) => before.get(name) !== now.get(name)).toSorted();
}

/** Drops the places in files. JSON has no maps, no infinity and no integers of 64 bits. */
function meaning(key: string, value: unknown): unknown {
  if (key === "span") return undefined;
  if (value instanceof Map) return [...value];
  return typeof value === "bigint" || value === Infinity ? String(value) : value;
}
