import { FILE_CODES, RULE_CODES } from "../../daemon/rules/codes.ts";
import { SETTINGS_CODES } from "../../daemon/settings/codes.ts";
import { YAML_CODES } from "../../daemon/yaml/codes.ts";

/** The codes of every stage that `checkFile` goes through: each must have a case. */
export const CODE_TABLES: readonly Readonly<Record<string, string>>[] = [
  YAML_CODES,
  RULE_CODES,
  FILE_CODES,
  SETTINGS_CODES,
];
