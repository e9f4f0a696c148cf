import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { bpfwarden, type Outcome } from "../run-command.ts";

export const FORKS = `# Counts forks.
rule: forks
labels: {team: base, role: low}
probe: tracepoint:sched:sched_process_fork
aggregate: count()
threshold:
  warning: value > 10
  critical: value > 50 # many
for: 5s
description: >-
  Many processes
  are started.
`;

/** A configuration folder with rules of its own. */
export interface RuleFiles {
  readonly folder: string;
  /** Returns the path of a file in `rules.d`. */
  readonly path: (name: string) => string;
  /** Runs a command with `--config` of the folder. */
  readonly run: (...args: readonly string[]) => Outcome;
}

/** Makes a configuration folder with these files in `rules.d`. */
export function ruleFiles(context: TestContext, files: Readonly<Record<string, string>>): RuleFiles {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-rules-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = (name: string): string => join(folder, "rules.d", name);
  mkdirSync(path(""));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), text);
  }
  const run = (...args: readonly string[]): Outcome => bpfwarden([...args, "--config", folder]);
  return { folder, path, run };
}
