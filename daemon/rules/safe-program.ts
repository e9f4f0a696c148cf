import { statSync } from "node:fs";
import { errorText } from "../../bpf/source/error-text.ts";
import { unsafeParent } from "./safe-parents.ts";
import { otherWriter, type Trust } from "./trust.ts";

const EXECUTABLE = 0o111;

/**
 * Describes why a program must not be run: others can replace or change it, or it is not a program.
 * Returns undefined if it can be run. Nobody else can change that after the check.
 */
export function programFault(path: string, trust: Trust): string | undefined {
  const parent = unsafeParent(path, trust);
  if (parent !== undefined) return `${parent.message}: ${parent.help}`;
  try {
    const stats = statSync(path);
    if (!stats.isFile()) return "expected a program, found no regular file";
    if (!trust.owners.has(stats.uid))
      return `expected the owner root, found the user id ${stats.uid}: chown root ${path}`;
    const who = otherWriter(path, stats, trust);
    if (who !== undefined) return `expected that only root can write it, found that ${who} can: chmod go-w ${path}`;
    return (stats.mode & EXECUTABLE) === 0
      ? `expected a program, found a file without permission to execute it: chmod +x ${path}`
      : undefined;
  } catch (error) {
    return errorText(error);
  }
}
