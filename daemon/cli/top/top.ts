import { stripVTControlCharacters } from "node:util";
import type { Command } from "commander";
import type { ControlClient } from "../../api/control-client.ts";
import { ControlError } from "../../api/control-client.ts";
import type { StatusReport } from "../../api/status-report.ts";
import { wantsColor } from "../../service/wants-color.ts";
import { jsonLine } from "../../text/json-line.ts";
import { LiveBlock, type TerminalSize } from "../../try/live-block.ts";
import { askDaemon, askRepeatedly, CONFIG_OPTION, type DaemonOptions, SOCKET_OPTION } from "../ask-daemon.ts";
import { outputColumns, printLines } from "../print-lines.ts";
import { keyPresses } from "./key-presses.ts";
import { isMarked, marked, ruleScreen, topLines } from "./top-lines.ts";
import { afterKey, listedRules, START, type TopState } from "./top-state.ts";

interface TopOptions extends DaemonOptions {
  readonly once?: boolean;
  readonly json?: boolean;
}

const REFRESH_MS = 1000;
/** The other screen of a terminal (DEC private mode 1049): what was on it comes back at the end. */
const ENTER = "\u001b[?1049h";
const LEAVE = "\u001b[?1049l";

/** `bpfwarden top`: shows the running rules by cost, state and keys, again each second. */
export function addTop(program: Command): void {
  program
    .command("top")
    .description(
      "show the running rules each second: by cost, state, keys, memory or name; keys that are pressed choose",
    )
    .option("--once", "print them once; the default if the output is no terminal")
    .option(...CONFIG_OPTION)
    .option(...SOCKET_OPTION)
    .option("--json", "print the daemon's answer as JSON, once")
    .action(top);
}

async function top(options: TopOptions): Promise<void> {
  const isLive = process.stdout.isTTY && process.stdin.isTTY && options.once !== true && options.json !== true;
  if (isLive) return askRepeatedly(options, async (client) => new LiveTop(client).run());
  await askDaemon(options, async (client) => {
    const report = await client.status();
    if (options.json === true) return console.log(jsonLine(report));
    const columns = outputColumns();
    printLines(topLines(START, report, { columns, rows: Infinity }).slice(0, -1));
  });
}

/** The live screen. */
class LiveTop {
  readonly #client: () => ControlClient;
  readonly #block = new LiveBlock();
  readonly #over = Promise.withResolvers<void>();
  #state: TopState = START;
  #report: StatusReport | undefined;
  #lines: readonly string[] = [];
  #trouble: string | undefined;
  #asking: Promise<void> | undefined;

  constructor(client: () => ControlClient) {
    this.#client = client;
  }

  /** Resolves when the user ends it. Rejects if the daemon does not answer at first. */
  async run(): Promise<void> {
    await this.#refresh();
    const timer = setInterval(() => void this.#ask(), REFRESH_MS);
    const resized = (): void => {
      this.#block.clear();
      void this.#ask();
    };
    const end = (): void => this.#over.resolve();
    const typed = (bytes: Buffer): void => this.#typed(bytes.toString("utf8"));
    for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"] as const) process.once(signal, end);
    process.stdout.on("resize", resized).write(ENTER);
    process.stdin.setRawMode(true).on("data", typed).resume();
    this.#block.clear();
    this.#draw();
    try {
      await this.#over.promise;
    } finally {
      clearInterval(timer);
      process.stdout.off("resize", resized).write(LEAVE);
      process.stdin.off("data", typed).setRawMode(false).pause();
    }
  }

  #typed(text: string): void {
    const listed = listedRules(this.#state, this.#report?.rules ?? []).map(({ rule }) => rule);
    for (const press of keyPresses(text)) this.#state = afterKey(this.#state, press, listed);
    if (this.#state.isOver) return this.#over.resolve();
    void this.#ask();
  }

  /** Asks the daemon and draws, one request at a time. */
  async #ask(): Promise<void> {
    await this.#asking;
    this.#asking = this.#refresh()
      .then(() => (this.#trouble = undefined))
      .catch((error: unknown) => {
        if (!(error instanceof ControlError)) throw error;
        this.#trouble = error.message;
      })
      .then(() => this.#draw());
    await this.#asking;
  }

  async #refresh(): Promise<void> {
    const { rule } = this.#state;
    const client = this.#client();
    this.#report = await client.status();
    const detail = rule === undefined ? undefined : await client.rule(rule);
    this.#lines = detail === undefined ? topLines(this.#state, this.#report, size()) : ruleScreen(detail, size());
  }

  #draw(): void {
    const shown = this.#trouble === undefined ? this.#lines : [...this.#lines.slice(0, -1), this.#trouble];
    const lines = wantsColor(process.stdout) ? shown : shown.map(withoutColors);
    process.stdout.write(this.#block.frame([], lines, size()));
  }
}

/** Leaves the mark of a line: reverse video is no color. */
function withoutColors(line: string): string {
  const plain = stripVTControlCharacters(line);
  return isMarked(line) ? marked(plain) : plain;
}

const size = (): TerminalSize => ({ columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 });
