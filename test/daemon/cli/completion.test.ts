import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { commandLine } from "../../../daemon/cli/commands.ts";
import { findCommand } from "../../../packaging/setup/presence.mjs";
import { FORKS } from "./rule-files/configuration-folder.ts";
import { bpfwarden, MAIN } from "./run-command.ts";

const isRoot = process.getuid?.() === 0;
const lacking = ["bash", "zsh", "fish", "script"].find((name) => findCommand(name) === undefined);
const options = { skip: lacking === undefined ? false : `${lacking} is missing` };

/** A folder with a program `bpfwarden`, the scripts, and rules. */
const folder = mkdtempSync(join(tmpdir(), "bpfwarden-completion-"));
after(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, "bin"));
mkdirSync(join(folder, "rules.d/forks.yaml.d"), { recursive: true });
writeFileSync(join(folder, "rules.d/forks.yaml"), FORKS);
writeFileSync(join(folder, "rules.d/odd.yaml"), 'rule: "fork$(touch pwned)"\n');
writeFileSync(
  join(folder, "rules.d/quiet-rule.yaml"),
  FORKS.replace("rule: forks", "rule: quiet-rule\nenabled: false"),
);
writeFileSync(join(folder, "bin/bpfwarden"), `#!/bin/sh\nexec ${process.execPath} ${MAIN} "$@"\n`, { mode: 0o755 });
symlinkSync("/etc/hostname", join(folder, "the-host"));
for (const [shell, name] of [
  ["bash", "bpfwarden.bash"],
  ["zsh", "_bpfwarden"],
  ["fish", "bpfwarden.fish"],
] as const)
  writeFileSync(join(folder, name), bpfwarden(["completion", shell]).output);
const env = { ...process.env, PATH: `${join(folder, "bin")}:${process.env["PATH"] ?? ""}`, TERM: "dumb", HOME: folder };

/** The beginning of a command line, and its words after it was completed. */
const LINES: readonly (readonly [line: string, words: readonly string[]])[] = [
  ["bpfwarden compl", ["completion"]],
  ["bpfwarden completion fi", ["completion", "fish"]],
  ["bpfwarden silence exp", ["silence", "expire"]],
  ["bpfwarden silence add --com", ["silence", "add", "--comment"]],
  ["bpfwarden compile --emit el", ["compile", "--emit", "elf"]],
  ["bpfwarden compile --emit=el", ["compile", "--emit=elf"]],
  ["bpfwarden check the-h", ["check", "the-host"]],
  ["bpfwarden run --config rul", ["run", "--config", "rules.d"]],
  ["bpfwarden probes tracep", ["probes", "tracepoint:"]],
  ["bpfwarden probes uprobe:/etc/hostn", ["probes", "uprobe:/etc/hostname:"]],
  ["bpfwarden enable --config . dns-l", ["enable", "--config", ".", "dns-latency"]],
  ["bpfwarden enable --config . qui", ["enable", "--config", ".", "quiet-rule"]],
  // Neither a rule that is off, nor a name that a shell would run.
  ["bpfwarden disable --config . qui", ["disable", "--config", ".", "qui"]],
  ["bpfwarden status --config . for", ["status", "--config", ".", "forks"]],
  ["bpfwarden alerts --config . alertname=for", ["alerts", "--config", ".", "alertname=forks"]],
  ["bpfwarden alerts --config . severity=crit", ["alerts", "--config", ".", "severity=critical"]],
];
const KERNEL_LINES: typeof LINES = [
  ["bpfwarden probes tracepoint:sched:sched_process_for", ["probes", "tracepoint:sched:sched_process_fork"]],
];
const lines = isRoot ? [...LINES, ...KERNEL_LINES] : LINES;

/**
 * Types lines into a shell on a terminal, each with a Tab at its end, and then prints its words.
 * @param prepare what the shell reads first
 */
async function typed(shell: string, prepare: string): Promise<readonly (readonly string[])[]> {
  const child = spawn("script", ["--quiet", "--flush", "--command", `stty -echo cols 500; ${shell}`, "/dev/null"], {
    cwd: folder,
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  let screen = "";
  let wanted: { readonly text: string; readonly found: () => void } | undefined;
  const look = (): void => {
    if (wanted !== undefined && screen.includes(wanted.text)) wanted.found();
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
    look();
  });
  const until = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no "${text}" of ${shell} in:\n${screen}`)), 60_000);
      wanted = { text, found: () => (clearTimeout(timer), resolve()) };
      look();
    });
  try {
    child.stdin.write(`${prepare}; printf '%s%s\\n' rea dy\r`);
    await until("ready");
    const found: (readonly string[])[] = [];
    for (const [index, [line]] of lines.entries()) {
      screen = "";
      // Ctrl-A and Ctrl-E: the completed words become arguments.
      child.stdin.write(`${line}\t\u0001printf '<%s>' \u0005; printf '%s-%s\\n' done ${index}\r`);
      await until(`done-${index}`);
      const words = [...screen.matchAll(/(?:<[^<>\r\n]*>){2,}/g)].at(-1)?.[0] ?? screen;
      found.push(words.slice(1, -1).split("><").slice(1).map(withoutSlash));
    }
    return found;
  } finally {
    // Without this, a shell that waits would keep the test from ending.
    child.kill("SIGKILL");
    await once(child, "close");
  }
}

/** Shells differ in the slash after a folder. */
const withoutSlash = (word: string): string => word.replace(/(?<=.)\/$/, "");

const expected = lines.map(([, words]) => words);

describe("completion", options, () => {
  test("completes in bash on a terminal", async () => {
    const prepare = "PS1=; bind 'set bell-style none' 'set enable-bracketed-paste off'; source ./bpfwarden.bash";
    assert.deepEqual(await typed("bash --norc --noprofile -i", prepare), expected);
  });

  test("completes in zsh on a terminal", async () => {
    const prepare =
      "PS1=; unsetopt prompt_sp beep zle_bracketed_paste; unset zle_bracketed_paste; bindkey -e; " +
      "fpath=($PWD $fpath); autoload -U compinit; compinit -u -D";
    assert.deepEqual(await typed("zsh -f -i", prepare), expected);
  });

  test("completes in fish", () => {
    for (const [line, words] of lines) {
      const script = `source ./bpfwarden.fish; complete -C ${JSON.stringify(line)}`;
      const { stdout, stderr } = spawnSync("fish", ["--no-config", "-c", script], {
        cwd: folder,
        env,
        encoding: "utf8",
      });
      assert.equal(stderr, "");
      const [found = ""] = stdout.split("\n", 1);
      const last = words.at(-1) ?? "";
      // What nothing completes stays as it is.
      assert.equal(withoutSlash(found.split("\t", 1)[0] ?? ""), line.endsWith(last) ? "" : last, line);
    }
  });

  test("ran nothing of the names that it read", () => {
    assert.ok(!existsSync(join(folder, "pwned")));
  });
});

test("completion scripts have every command and option", async () => {
  const program = await commandLine("", (error) => {
    throw error;
  });
  for (const name of ["bpfwarden.bash", "_bpfwarden", "bpfwarden.fish"]) {
    const text = readFileSync(join(folder, name), "utf8");
    for (const command of program.commands) {
      assert.ok(text.includes(command.name()), `${name}: ${command.name()}`);
      for (const { long = "" } of command.options.filter(({ hidden }) => !hidden))
        assert.ok(text.includes(name.endsWith(".fish") ? `-l ${long.slice(2)}` : long), `${name}: ${long}`);
    }
  }
});

test("completion of an unknown shell is wrong usage", () => {
  for (const args of [["completion"], ["completion", "csh"]]) {
    const { exit, errors } = bpfwarden(args);
    assert.equal(exit, 2);
    assert.match(errors, /expected a shell, one of bash, zsh, fish, found "(?:csh)?"/);
  }
});
