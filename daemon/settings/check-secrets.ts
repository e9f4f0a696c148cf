import { type Diagnostic, warningAt } from "../../bpf/source/diagnostic.ts";
import type { Source } from "../../bpf/source/source.ts";
import { errorText } from "../../bpf/source/error-text.ts";
import { readYaml } from "../yaml/read-yaml.ts";
import type { SettingsCode } from "./values/codes.ts";
import { maskSecrets } from "./mask-secrets.ts";
import { resolveSecret, type Secret, secretName } from "./values/secret.ts";
import { contentFault } from "./secret-content.ts";
import { type SecretPlace, secretPlaces } from "./secret-places.ts";

/**
 * Warns of secrets that are missing now, or whose content is unsuitable. Not an error, because a
 * secret can be replaced at any time. Shows no content.
 *
 * @param folder the folder for relative paths of secrets
 */
export function checkSecrets(source: Source, folder: string, environment = process.env): readonly Diagnostic[] {
  const places = secretPlaces(readYaml(source)[0]?.root, folder);
  return maskSecrets(
    places.flatMap((place) => (isHere(place.secret, environment) ? checkSecret(place, environment) : [])),
    source,
  );
}

/**
 * Returns true if the secret is available here: a manual check has neither the service's
 * environment nor its credentials.
 */
function isHere(secret: Secret, environment: NodeJS.ProcessEnv): boolean {
  if (secret.from === "env") return environment[secret.name] !== undefined;
  return secret.from === "file" || (secret.from === "credential" && environment["CREDENTIALS_DIRECTORY"] !== undefined);
}

function checkSecret(place: SecretPlace, environment: NodeJS.ProcessEnv): readonly Diagnostic[] {
  const { node, secret } = place;
  const warning = (code: SettingsCode, message: string, help?: string): readonly Diagnostic[] => [
    warningAt(code, message, node.span, help),
  ];
  let value: string;
  try {
    value = resolveSecret(secret, environment);
  } catch (error) {
    return warning("missing-secret", errorText(error));
  }
  const fault = contentFault(place, value, secretName(secret));
  return fault === undefined
    ? []
    : warning(fault.isDoubtful ? "doubtful-secret" : "bad-secret", fault.message, fault.help);
}
