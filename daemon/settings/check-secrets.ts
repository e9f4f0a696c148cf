import { type Diagnostic, warningAt } from "../../bpf/source/diagnostic.ts";
import type { Source } from "../../bpf/source/source.ts";
import { errorText } from "../../bpf/source/error-text.ts";
import type { SettingsCode } from "./values/codes.ts";
import { mergeSettings } from "./merge-settings.ts";
import { maskSecrets } from "./mask-secrets.ts";
import { isHere, resolveSecret, secretName } from "./values/secret.ts";
import { checkCertificates } from "./check-certificates.ts";
import { contentFault } from "./secret-content.ts";
import { type SecretPlace, secretPlaces } from "./secret-places.ts";

/**
 * Warns of secrets and certificates that are missing now, or whose content is unsuitable. Not an
 * error, because a secret can be replaced at any time. Shows no content.
 *
 * @param folder the folder for relative paths of secrets
 */
export function checkSecrets(
  sources: readonly Source[],
  folder: string,
  environment = process.env,
): readonly Diagnostic[] {
  const { root } = mergeSettings(sources);
  const places = secretPlaces(root, folder).filter(({ secret }) => isHere(secret, environment));
  const faults = places.flatMap((place) => checkSecret(place, environment));
  return maskSecrets([...faults, ...checkCertificates(root, folder, environment)], sources);
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
