import type { MacroTable } from "../macro-table.ts";

/** Flags of getrandom(2). */
export const RANDOM: MacroTable = {
  headers: ["linux/random.h"],
  values: {
    GRND_NONBLOCK: 1,
    GRND_RANDOM: 2,
    GRND_INSECURE: 4,
  },
};
