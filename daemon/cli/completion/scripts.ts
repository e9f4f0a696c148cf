import type { Command } from "commander";
import { bashScript } from "./bash.ts";
import { type CompletedCommand, completedCommand } from "./command-model.ts";
import { fishScript } from "./fish.ts";
import { zshScript } from "./zsh.ts";

interface Shell {
  readonly scriptOf: (program: CompletedCommand) => string;
  /** the place where Debian's shells look for scripts of packages */
  readonly installedAt: string;
}

/** The shells that have a completion script. */
export const SHELLS: Readonly<Record<string, Shell>> = {
  bash: { scriptOf: bashScript, installedAt: "usr/share/bash-completion/completions/bpfwarden" },
  zsh: { scriptOf: zshScript, installedAt: "usr/share/zsh/vendor-completions/_bpfwarden" },
  fish: { scriptOf: fishScript, installedAt: "usr/share/fish/vendor_completions.d/bpfwarden.fish" },
};

/** Returns the completion scripts by their paths in the system. */
export function completionScripts(program: Command): ReadonlyMap<string, string> {
  const model = completedCommand(program);
  return new Map(Object.values(SHELLS).map(({ scriptOf, installedAt }) => [installedAt, scriptOf(model)]));
}
