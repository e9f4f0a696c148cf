import { type Diagnostic, warningAt } from "../../bpf/source/diagnostic.ts";
import type { Source } from "../../bpf/source/source.ts";
import type { SettingsCode } from "../settings/values/codes.ts";
import { mergeSettings } from "../settings/merge-settings.ts";
import { maskSecrets } from "../settings/mask-secrets.ts";
import { type SecretPlace, secretPlaces } from "../settings/secret-places.ts";
import type { YamlNode } from "../yaml/yaml-node.ts";
import { readersOf } from "./readers-of.ts";
import { unsafeParent } from "./safe-parents.ts";
import type { Trust } from "./trust.ts";

/**
 * Warns of secrets that untrusted users can read: files that the settings name, and a settings file
 * with a password or a receiver's URL in it. Checks the current modes and owners.
 *
 * @param folder the folder for relative paths of secrets
 */
export function exposedSecrets(sources: readonly Source[], folder: string, trust: Trust): readonly Diagnostic[] {
  const places = secretPlaces(mergeSettings(sources).root, folder);
  const inFiles = places.flatMap((place) => exposedFile(place, trust));
  const inSettings = sources.flatMap((source) => {
    const own = places.filter(({ node }) => node.span.source.path === source.path);
    return exposedSettings(source, own, trust);
  });
  return maskSecrets([...inFiles, ...inSettings], sources);
}

function exposedFile({ node, secret }: SecretPlace, trust: Trust): readonly Diagnostic[] {
  if (secret.from !== "file") return [];
  const readers = readersOf(secret.name, trust);
  if (readers !== undefined) {
    const message = `expected that only root can read the secret "${secret.name}", found that ${readers} can`;
    return [warning("exposed-secret", message, node, `chown root ${secret.name} && chmod go-rw ${secret.name}`)];
  }
  const parent = unsafeParent(secret.name, trust);
  return parent === undefined ? [] : [warning("exposed-secret", parent.message, node, parent.help)];
}

function exposedSettings({ path }: Source, places: readonly SecretPlace[], trust: Trust): readonly Diagnostic[] {
  const first = places.find(({ secret }) => secret.from === "plain" && isSecret(secret.value));
  const readers = readersOf(path, trust);
  if (first === undefined || readers === undefined) return [];
  const message = `expected that only root can read settings that contain a secret, found that ${readers} can`;
  const help = `chmod go-r ${path}, or replace the secret with file:PATH or credential:NAME`;
  return [warning("exposed-settings", message, first.node, help)];
}

/**
 * Returns true for a password and for a URL with more than a host, which allows others to post. A
 * value that is not a URL is a password.
 */
function isSecret(value: string): boolean {
  const url = URL.parse(value);
  return url === null || url.username + url.password + url.search !== "" || url.pathname.length > 1;
}

function warning(code: SettingsCode, message: string, node: YamlNode, help: string): Diagnostic {
  return warningAt(code, message, node.span, help);
}
