import { join } from "node:path";

/** The folder of the settings and rules of the packaged service. */
export const PACKAGED = "/etc/bpfwarden";

/**
 * The rules folders of the packaged service, as in systemd.unit(5): those of the package, of the
 * administrator, and those until the next start of the host. A file replaces one of the same name
 * in an earlier folder.
 */
const PACKAGED_FOLDERS = ["/usr/lib/bpfwarden/rules.d", `${PACKAGED}/rules.d`, "/run/bpfwarden/rules.d"];

/**
 * Returns the rules folders for a folder of settings; later ones override earlier ones. Any other
 * folder than that of the packaged service has only its own `rules.d`.
 */
export function ruleFoldersOf(folder: string): readonly string[] {
  return folder === PACKAGED ? PACKAGED_FOLDERS : [join(folder, "rules.d")];
}
