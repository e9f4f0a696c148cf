import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { PACKAGED, ruleFoldersOf } from "../../rules/rule-folders.ts";
import { currentTrust, type Trust } from "../../rules/trust.ts";
import { type Survey, surveyRules } from "./survey.ts";

/** The option of the commands that read and change files of rules. */
export const RULES_OPTION = [
  "--config <folder>",
  "the folder of rules.d and bpfwarden.yaml; default: that of the service, or of this checkout",
] as const;

/** The folder that `npm start` uses. */
const CHECKOUT = join(import.meta.dirname, "../../..");
/** The places of the library: of a checkout, and of the package. */
const LIBRARIES = [join(CHECKOUT, "rules.d/library"), "/usr/share/bpfwarden/library"];

/** The places of rules that a command works with. */
export interface RulePlaces {
  /** the folder of `rules.d` and `bpfwarden.yaml` */
  readonly folder: string;
  /** the rules folders; later ones override earlier ones */
  readonly ruleFolders: readonly string[];
  /** the rules folder of the administrator, the only one that commands write to */
  readonly own: string;
  readonly library?: string;
  readonly trust: Trust;
}

/** Returns the places of a configuration folder, or those of the service or of this checkout. */
export function rulePlaces(config: string | undefined): RulePlaces {
  const folder = folderOf(config);
  const library = LIBRARIES.find((path) => existsSync(path));
  return {
    ...{ folder, ruleFolders: ruleFoldersOf(folder), own: join(folder, "rules.d"), trust: currentTrust() },
    ...(library !== undefined && { library }),
  };
}

/** Returns the configuration folder that the user named, or that of the service or of this checkout. */
export function folderOf(config: string | undefined): string {
  return config === undefined ? usualFolder() : resolve(config);
}

function usualFolder(): string {
  if (existsSync(PACKAGED) || !existsSync(join(CHECKOUT, "rules.d"))) return PACKAGED;
  return CHECKOUT;
}

/** Reads the names of the rules in these places. */
export function surveyPlaces({ ruleFolders, library, trust }: RulePlaces): Survey {
  return surveyRules(ruleFolders, library, trust);
}
