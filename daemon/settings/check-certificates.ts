import { errorText } from "../../bpf/source/error-text.ts";
import { type Diagnostic, warningAt } from "../../bpf/source/diagnostic.ts";
import { PEM_KEYS, pemSecret } from "../receivers/tls-settings.ts";
import { entriesOf, textOf, valueOf, type YamlNode } from "../yaml/yaml-node.ts";
import type { SettingsCode } from "./values/codes.ts";
import { pemFaults, type PemTexts } from "./values/pem.ts";
import { isHere, resolveSecret, secretName } from "./values/secret.ts";

/**
 * Warns of files with certificates that are missing now, that have other content, or whose key is
 * that of another certificate. Not an error, because a file can be replaced at any time. The key by
 * itself is checked with the secrets.
 *
 * @param folder the folder for relative paths
 */
export function checkCertificates(
  root: YamlNode | undefined,
  folder: string,
  environment = process.env,
): readonly Diagnostic[] {
  return certificateMaps(root).flatMap((map) => checkMap(map, folder, environment));
}

/** Returns the maps that may have `ca`, `cert` and `key`. */
function certificateMaps(root: YamlNode | undefined): readonly YamlNode[] {
  const receivers = entriesOf(valueOf(root, "actions")).flatMap(({ value }) => entriesOf(value));
  return [...receivers.map(({ value }) => valueOf(value, "tls")), valueOf(root, "smtp")].filter(
    (node) => node !== undefined,
  );
}

function checkMap(map: YamlNode, folder: string, environment: NodeJS.ProcessEnv): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const texts: Record<string, string> = {};
  for (const name of PEM_KEYS) {
    const node = valueOf(map, name);
    const secret = node && pemSecret(textOf(node) ?? "", folder);
    if (node === undefined || secret === undefined || !isHere(secret, environment)) continue;
    try {
      texts[name] = resolveSecret(secret, environment);
    } catch (error) {
      const what = errorText(error).replace(secretName(secret), `the file of "${name}"`);
      if (name !== "key") found.push(warning("missing-certificate", what, node));
    }
  }
  return [...found, ...contentFaults(map, texts)];
}

function contentFaults(map: YamlNode, texts: PemTexts): readonly Diagnostic[] {
  const faults = pemFaults(texts).filter(({ of }) => of !== "key" || isPair(texts));
  return faults.map(({ of, message, help }) => {
    const node = valueOf(map, of) ?? map;
    return warning("bad-certificate", `${message}, in the file of "${of}"`, node, help);
  });
}

/** True if the key is a key, so that its fault is that it is the key of another certificate. */
const isPair = ({ cert, key }: PemTexts): boolean =>
  cert !== undefined && key !== undefined && pemFaults({ key }).length === 0;

function warning(code: SettingsCode, message: string, node: YamlNode, help?: string): Diagnostic {
  return warningAt(code, message, node.span, help);
}
