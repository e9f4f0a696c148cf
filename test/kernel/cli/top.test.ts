import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { call, countingRule } from "../daemon/call-rules.ts";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";

const ROOT = join(import.meta.dirname, "../../..");
const WHO = 1_900_700_000;

/** A terminal of tmux with a command in it. */
class Terminal implements Disposable {
  readonly #server = `bpfwarden-test-${process.pid}`;

  constructor(columns: number, rows: number, command: string) {
    this.#tmux("new-session", "-d", "-x", String(columns), "-y", String(rows), command);
  }

  get screen(): readonly string[] {
    return this.#tmux("capture-pane", "-p").split("\n");
  }

  resize(columns: number, rows: number): void {
    this.#tmux("resize-window", "-x", String(columns), "-y", String(rows));
  }

  press(...keys: readonly string[]): void {
    this.#tmux("send-keys", ...keys);
  }

  async until(what: string, isThere: (screen: readonly string[]) => boolean): Promise<readonly string[]> {
    return waitUntil(what, () => (isThere(this.screen) ? this.screen : undefined), 20_000);
  }

  [Symbol.dispose](): void {
    this.#tmux("kill-server");
  }

  #tmux(...parameters: readonly string[]): string {
    return spawnSync("tmux", ["-L", this.#server, "-f", "/dev/null", ...parameters], { encoding: "utf8" }).stdout;
  }
}

kernelTest("top shows the rules at 80 and 200 columns, and obeys keys", async () => {
  const rules = { "a.yaml": countingRule("alpha", WHO, 3), "b.yaml": countingRule("beta", WHO + 1, 1000) };
  await using daemon = await DaemonProcess.start({ rules, settings: "state_dir: state\nsocket: control.sock\n" });
  for (let times = 0; times < 10; times++) call(WHO);
  const command = `${process.execPath} ${join(ROOT, "daemon/main.ts")} top --config ${daemon.folder}; echo "exit $?"; read line`;
  using terminal = new Terminal(80, 10, command);
  const narrow = await terminal.until("alpha to fire", ([, , ...lines]) =>
    lines.some((line) => /^alpha +firing/.test(line)),
  );
  assert.match(narrow[0] ?? "", /^bpfwarden .*, 2 rules, 1 firing/);
  assert.match(narrow[1] ?? "", /^RULE +STATE +CPU +KERNEL +KEYS +VALUES/);
  assert.ok(narrow.every((line) => line.length <= 80));
  terminal.resize(200, 10);
  const wide = await terminal.until("the wide table", ([, header = ""]) => /PROBES +LOST/.test(header));
  assert.match(wide.find((line) => line.startsWith("alpha")) ?? "", /value 10/);

  terminal.press("s");
  await terminal.until("the order by state", (screen) => screen.some((line) => line.includes("s state*")));
  assert.match(terminal.screen[2] ?? "", /^alpha/);
  terminal.press("/", "b", "e", "t", "Enter");
  await terminal.until("only beta", (screen) => screen.every((line) => !line.startsWith("alpha")));
  terminal.press("Enter");
  await terminal.until("the keys of beta", ([first = ""]) => first.startsWith("beta: ok"));
  terminal.press("q");
  await terminal.until("the end", (screen) => screen.includes("exit 0"));
});
