import type { MuteWindow } from "../../settings/mute-window.ts";
import { held, passed, type FilterStage } from "./decision.ts";
import { mutedBy, muteText } from "./mute.ts";
import { silencesOf, type Silence } from "./silences.ts";
import { timeText } from "../../text/time-text.ts";

const NOT_SILENCED = passed("no silence matches it");
const NOT_MUTED = passed("the rule is not muted now");

/** Holds alerts while a silence matches them. */
export function silenceStage(silences: () => readonly Silence[]): FilterStage {
  return {
    name: "silence",
    judge: ({ labels }, nowUnixMs) => {
      const [silence] = silencesOf(silences(), labels, nowUnixMs);
      if (silence === undefined) return NOT_SILENCED;
      const { endsAtUnixMs, author, comment } = silence;
      return held(`silenced until ${timeText(endsAtUnixMs)} by ${author}${comment === "" ? "" : `: ${comment}`}`);
    },
  };
}

/** Holds alerts in the mute windows of their rules. */
export function muteStage(muteOf: (rule: string) => readonly MuteWindow[]): FilterStage {
  return {
    name: "mute",
    judge: ({ rule }, nowUnixMs) => {
      const window = mutedBy(muteOf(rule), nowUnixMs);
      return window === undefined ? NOT_MUTED : held(`the rule is muted ${muteText(window)}`);
    },
  };
}
