import { hostname } from "node:os";
import { resolve } from "node:path";
import { visible } from "../../../bpf/source/visible.ts";
import { findConfiguration } from "../../rules/find-configuration.ts";
import { receiverOf } from "../../receivers/receivers.ts";
import { settingsPathIn } from "../../rules/settings-files.ts";
import { fail } from "../host-trouble.ts";
import { folderOf } from "../rule-files/rule-places.ts";

/**
 * Returns the paths of the logs that a command means: those that were given, or the sealed logs of
 * the settings. Says what is missing if there are none.
 */
export async function logPathsOf(given: readonly string[], config: string | undefined): Promise<readonly string[]> {
  if (given.length > 0) return given.map((path) => resolve(path));
  const folder = folderOf(config);
  const nothing = { settings: undefined, hasSettingsFile: false };
  const { settings } = await findConfiguration(folder, hostname(), nothing, new Map());
  const logs = [...(settings?.actions.values() ?? [])].flatMap((action) => receiverOf(action).logOf?.(action) ?? []);
  const paths = new Set(logs.filter(({ seal }) => seal !== undefined).map(({ path }) => path));
  if (paths.size === 0)
    fail(
      `no log is sealed in "${visible(settingsPathIn(folder))}": write seal: true beside the path of a log, or name a log`,
      2,
    );
  return [...paths];
}
