import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import type { Source } from "../../bpf/source/source.ts";
import type { SettingsCode } from "../settings/codes.ts";
import { maskSecrets } from "../settings/mask-secrets.ts";
import { type SecretPlace, secretPlaces } from "../settings/secret-places.ts";
import { readYaml } from "../yaml/read-yaml.ts";
import type { YamlNode } from "../yaml/yaml-node.ts";
import { readersOf } from "./readers-of.ts";
import { unsafeParent } from "./safe-parents.ts";
import type { Trust } from "./trust.ts";

/**
 * Warns of secrets that others than those trusted can read: in files that the settings name, and in the settings' own file, where a URL that
 * somebody could post to, or a password, is written in it. Looks at modes and owners as they are now.
 *
 * @param folder where relative paths of secrets start
 */
export function exposedSecrets(source: Source, folder: string, trust: Trust): readonly Diagnostic[] {
  const places = secretPlaces(readYaml(source)[0]?.root, folder);
  const inFiles = places.flatMap((place) => exposedFile(place, trust));
  return maskSecrets([...inFiles, ...exposedSettings(source, places, trust)], source);
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
  const message = `expected that only root can read settings with a secret in them, found that ${readers} can`;
  const help = `chmod go-r ${path}, or write file:PATH or credential:NAME in place of the secret`;
  return [warning("exposed-settings", message, first.node, help)];
}

/** What is no URL is a password. A URL is a secret where it has more than a host: that is what lets people post. */
function isSecret(value: string): boolean {
  const url = URL.parse(value);
  return url === null || url.username + url.password + url.search !== "" || url.pathname.length > 1;
}

function warning(code: SettingsCode, message: string, node: YamlNode, help: string): Diagnostic {
  return { code, severity: "warning", message, span: node.span, help };
}
