import { type Diagnostic, warningAt } from "../../bpf/source/diagnostic.ts";
import type { Source } from "../../bpf/source/source.ts";
import { errorText } from "../../bpf/source/error-text.ts";
import { readYaml } from "../yaml/read-yaml.ts";
import type { SettingsCode } from "./codes.ts";
import { maskSecrets } from "./mask-secrets.ts";
import { resolveSecret, type Secret, secretName } from "./secret.ts";
import { contentFault } from "./secret-content.ts";
import { type SecretPlace, secretPlaces } from "./secret-places.ts";

/**
 * Warns of secrets that are not there, and of those whose content can't do what it is for, as they are now: another may be put there in
 * a moment, so no settings are refused for it. Nothing of a secret is shown.
 *
 * @param folder where relative paths of secrets start
 */
export function checkSecrets(source: Source, folder: string, environment = process.env): readonly Diagnostic[] {
  const places = secretPlaces(readYaml(source)[0]?.root, folder);
  return maskSecrets(
    places.flatMap((place) => (isHere(place.secret, environment) ? checkSecret(place, environment) : [])),
    source,
  );
}

/** The environment and the credentials of the service are not those of who checks its settings by hand. */
function isHere(secret: Secret, environment: NodeJS.ProcessEnv): boolean {
  if (secret.from === "env") return environment[secret.name] !== undefined;
  return secret.from === "file" || (secret.from === "credential" && environment["CREDENTIALS_DIRECTORY"] !== undefined);
}

function checkSecret({ node, secret, use }: SecretPlace, environment: NodeJS.ProcessEnv): readonly Diagnostic[] {
  const warning = (code: SettingsCode, message: string, help?: string): readonly Diagnostic[] => [
    warningAt(code, message, node.span, help),
  ];
  let value: string;
  try {
    value = resolveSecret(secret, environment);
  } catch (error) {
    return warning("missing-secret", errorText(error));
  }
  const fault = contentFault(use, value, secretName(secret));
  return fault === undefined
    ? []
    : warning(fault.isDoubtful ? "doubtful-secret" : "bad-secret", fault.message, fault.help);
}
