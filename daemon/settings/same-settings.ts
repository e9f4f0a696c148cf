import type { Settings } from "./settings.ts";

/** Returns true if two settings are equal, including their places. */
export function areSameSettings(one: Settings, other: Settings): boolean {
  return JSON.stringify(one, jsonOfMaps) === JSON.stringify(other, jsonOfMaps);
}

function jsonOfMaps(_key: string, value: unknown): unknown {
  return value instanceof Map ? [...value] : value;
}
