import { matcherNames } from "./matcher-names.ts";
import { probeNames } from "./probe-names.ts";
import { enabledRules, knownRules, presentRules, stoppedRules } from "./rule-names.ts";
import { silenceIds } from "./silence-ids.ts";

/** Returns the words that complete a beginning. They may also be others, which the shell leaves out. */
export type ListValues = (
  beginning: string,
  config: string | undefined,
) => readonly string[] | Promise<readonly string[]>;

/**
 * Words that the program lists when a shell asks for them. Files and folders the shell lists
 * itself.
 */
export const LISTED_KINDS: Readonly<Record<string, ListValues>> = {
  rules: (_beginning, config) => presentRules(config),
  "all-rules": (_beginning, config) => knownRules(config),
  "enabled-rules": (_beginning, config) => enabledRules(config),
  "stopped-rules": (_beginning, config) => stoppedRules(config),
  matchers: (_beginning, config) => matcherNames(config),
  probes: (beginning) => probeNames(beginning),
  silences: (_beginning, config) => silenceIds(config),
};
