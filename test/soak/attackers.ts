import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CProgram } from "../kernel/support/c-program.ts";
import { ATTACK_FILES } from "./attack-files.ts";

/** A user without any rights, who need not have an account. */
const ATTACKER_UID = 54_321;
/** The duration of each attack before the next one of its kind. */
const ATTACK_SECONDS = 20;
/** Numbers for getpriority(2) that the rule `storm` counts by. */
export const STORM_KEYS = { lowest: 3_000_000, count: 20_000 } as const;

export interface AttackTools {
  readonly flood: string;
  readonly keys: string;
  readonly spin: string;
  readonly silentFuse: string;
  /** anybody may write here */
  readonly folder: string;
}

/**
 * An attack: a command of a user without rights. `namespaced` attacks run in user and mount
 * namespaces of their own.
 */
interface Attack {
  readonly name: string;
  readonly namespaced: boolean;
  readonly command: (tools: AttackTools) => readonly string[];
}

const over = (file: string, program: string): string => `mount --bind ${file} /usr/bin/bash; exec ${program}`;

const ATTACKS: readonly Attack[] = [
  ...Object.keys(ATTACK_FILES).map((kind): Attack => {
    return {
      name: `a file over bash: ${kind}`,
      namespaced: true,
      command: ({ folder }) => ["sh", "-c", over(join(folder, kind), `sleep ${ATTACK_SECONDS}`)],
    };
  }),
  {
    name: "a flood of records",
    namespaced: true,
    command: ({ flood }) => ["sh", "-c", over(flood, `/usr/bin/bash 4000 ${ATTACK_SECONDS}`)],
  },
  {
    name: "a file system that never answers",
    namespaced: true,
    command: ({ silentFuse, folder }) => [silentFuse, "/dev/fuse", join(folder, "fuse"), String(ATTACK_SECONDS)],
  },
  {
    name: "65,000 mappings",
    namespaced: false,
    command: ({ spin, folder }) => [spin, "maps", String(ATTACK_SECONDS), folder],
  },
  {
    name: "a perf map of a million lines",
    namespaced: false,
    command: ({ spin }) => [spin, "perf-map", String(ATTACK_SECONDS), "1000000"],
  },
  {
    name: "a storm of keys",
    namespaced: false,
    command: ({ keys }) => [keys, String(STORM_KEYS.lowest), String(STORM_KEYS.count), String(ATTACK_SECONDS)],
  },
];

/** The attackers' programs and files, in a folder that anybody may read. */
export function makeAttackTools(folder: string): AttackTools {
  const programs = new CProgram("int main(void) { return 0; }");
  chmodSync(programs.folder, 0o755);
  const compile = (name: string, options: readonly string[] = []): string =>
    programs.compile(
      readFileSync(join(import.meta.dirname, "programs", `${name}.c`), "utf8"),
      ["-O1", ...options],
      name,
    );
  const own = mkdtempSync(join(folder, "attack-"));
  chmodSync(own, 0o777);
  mkdirSync(join(own, "fuse"));
  chmodSync(join(own, "fuse"), 0o777);
  for (const [kind, write] of Object.entries(ATTACK_FILES)) write(join(own, kind));
  return {
    flood: compile("flood", ["-static"]),
    keys: compile("keys"),
    spin: compile("spin"),
    silentFuse: compile("silent-fuse"),
    folder: own,
  };
}

/** Runs all attacks, `atOnce` at a time, again and again until it is disposed. */
export class Attackers implements AsyncDisposable {
  readonly #tools: AttackTools;
  readonly #running = new Set<ChildProcess>();
  readonly #lanes: readonly Promise<void>[];
  readonly counts = new Map<string, number>();
  #next = 0;
  #ends = false;

  constructor(tools: AttackTools, atOnce: number) {
    this.#tools = tools;
    this.#lanes = Array.from({ length: atOnce }, () => this.#attackOn());
  }

  async #attackOn(): Promise<void> {
    while (!this.#ends) {
      const attack = ATTACKS[this.#next++ % ATTACKS.length];
      if (attack === undefined) return;
      this.counts.set(attack.name, (this.counts.get(attack.name) ?? 0) + 1);
      const child = start(attack, this.#tools);
      this.#running.add(child);
      const timer = setTimeout(() => kill(child), (ATTACK_SECONDS + 15) * 1000);
      await once(child, "exit");
      clearTimeout(timer);
      this.#running.delete(child);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ends = true;
    for (const child of this.#running) kill(child);
    await Promise.all(this.#lanes);
  }
}

function start({ namespaced, command }: Attack, tools: AttackTools): ChildProcess {
  const identity = ["setpriv", `--reuid=${ATTACKER_UID}`, `--regid=${ATTACKER_UID}`, "--clear-groups"];
  const [program = "", ...words] = [...identity, ...(namespaced ? ["unshare", "-Urm"] : []), ...command(tools)];
  return spawn(program, words, { cwd: "/", detached: true, stdio: "ignore" });
}

/** With what it has started. */
function kill({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}
