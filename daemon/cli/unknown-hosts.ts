import { lookup } from "node:dns/promises";
import { dirname } from "node:path";
import type { Diagnostic } from "../../bpf/source/diagnostic.ts";
import { readSettingsTexts } from "../rules/settings-files.ts";
import { currentTrust } from "../rules/trust.ts";
import type { SettingsCode } from "../settings/values/codes.ts";
import { mergeSettings } from "../settings/merge-settings.ts";
import { maskSecrets } from "../settings/mask-secrets.ts";
import { type ReceiverHost, receiverHosts } from "../settings/receiver-hosts.ts";

/** More lookups would take long if no name server answers. */
const MOST_HOSTS = 20;
/**
 * resolv.conf(5): one try of a second for each name server; the C library's default is half a
 * minute
 */
const RESOLVER_OPTIONS = "timeout:1 attempts:1";

/**
 * Warns of receivers' hosts whose names cannot be looked up. Not an error, because the result may
 * change at any time.
 */
export async function unknownHosts(settingsPaths: readonly string[]): Promise<readonly Diagnostic[]> {
  process.env["RES_OPTIONS"] ??= RESOLVER_OPTIONS;
  const found = await Promise.all(settingsPaths.map(unknownIn));
  return found.flat();
}

async function unknownIn(settingsPath: string): Promise<readonly Diagnostic[]> {
  const { sources } = readSettingsTexts(settingsPath, currentTrust());
  const hosts = receiverHosts(mergeSettings(sources).root, dirname(settingsPath));
  const names = [...new Set(hosts.map(({ host }) => host))].slice(0, MOST_HOSTS);
  const faults = new Map(await Promise.all(names.map(async (host) => [host, await faultOf(host)] as const)));
  return maskSecrets(
    hosts.flatMap((host) => warningOf(host, faults.get(host.host))),
    sources,
  );
}

async function faultOf(host: string): Promise<string | undefined> {
  try {
    await lookup(host);
    return undefined;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

const WORDS: Readonly<Record<string, string>> = {
  ENOTFOUND: "it has no address now",
  EAI_AGAIN: "no name server answers now",
};

function warningOf({ name, span }: ReceiverHost, fault: string | undefined): readonly Diagnostic[] {
  if (fault === undefined) return [];
  const code: SettingsCode = "unknown-host";
  const message = `${name} cannot be looked up: ${WORDS[fault] ?? fault}`;
  return [{ code, severity: "warning", message, span }];
}
