import { hostname } from "node:os";
import { resolve } from "node:path";
import { visible } from "../../../bpf/source/visible.ts";
import { findConfiguration } from "../../rules/find-configuration.ts";
import type { LogSettings } from "../../receivers/log-settings.ts";
import { receiverOf } from "../../receivers/receivers.ts";
import { settingsPathIn } from "../../rules/settings-files.ts";
import { fail } from "../host-trouble.ts";
import { folderOf } from "../rule-files/rule-places.ts";

/**
 * Returns the paths of the sealed logs that a command means: those that were given, or those of the
 * settings. Says what is missing if there are none.
 */
export async function logPathsOf(given: readonly string[], config: string | undefined): Promise<readonly string[]> {
  const paths = await pathsOf(given, config, ({ seal }) => seal !== undefined);
  if (paths.length === 0)
    fail(`no log is sealed in ${settingsText(config)}: write seal: true beside the path of a log, or name a log`, 2);
  return paths;
}

/**
 * Returns the path of the one sealed log that a command means. Says what is wrong if there is not
 * one.
 */
export async function oneLogPathOf(log: string | undefined, config: string | undefined): Promise<string | undefined> {
  const [path, ...more] = await logPathsOf(log === undefined ? [] : [log], config);
  if (more.length === 0) return path;
  fail("expected one log, found several sealed ones in the settings: name the log", 2);
  return undefined;
}

/**
 * Returns the paths of the logs that a command means, sealed or not. Says what is missing if there
 * are none.
 */
export async function allLogPathsOf(given: readonly string[], config: string | undefined): Promise<readonly string[]> {
  const paths = await pathsOf(given, config, ({ path }) => path !== "-");
  if (paths.length === 0)
    fail(`${settingsText(config)} has no action that writes a log file: name a log with --log`, 2);
  return paths;
}

const settingsText = (config: string | undefined): string => `"${visible(settingsPathIn(folderOf(config)))}"`;

async function pathsOf(
  given: readonly string[],
  config: string | undefined,
  isMeant: (log: LogSettings) => boolean,
): Promise<readonly string[]> {
  if (given.length > 0) return given.map((path) => resolve(path));
  const folder = folderOf(config);
  const nothing = { settings: undefined, hasSettingsFile: false };
  const { settings } = await findConfiguration(folder, hostname(), nothing, new Map());
  const logs = [...(settings?.actions.values() ?? [])].flatMap((action) => receiverOf(action).logOf?.(action) ?? []);
  return [...new Set(logs.filter(isMeant).map(({ path }) => path))];
}
