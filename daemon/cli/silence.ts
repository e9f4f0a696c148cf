import { userInfo } from "node:os";
import type { Command } from "commander";
import type { SilenceReport } from "../api/silence-report.ts";
import { askDaemon, CONFIG_OPTION, type DaemonOptions, SOCKET_OPTION } from "./ask-daemon.ts";
import { outputColumns, printLines } from "./print-lines.ts";
import { silenceLines } from "./silence-lines.ts";
import { counted } from "../text/terminal-text.ts";
import { jsonLine } from "../text/json-line.ts";

interface Options extends DaemonOptions {
  readonly json?: boolean;
}

interface AddOptions extends Options {
  readonly for?: string;
  readonly start?: string;
  readonly end?: string;
  readonly author?: string;
  readonly comment: string;
}

interface ListOptions extends Options {
  readonly expired?: boolean;
}

/** `bpfwarden silence add|list|expire`: suppresses matching alerts for a time. */
export function addSilence(program: Command): void {
  const silence = program.command("silence").description("suppress alerts for a time");
  common(silence.command("add"))
    .description('suppress alerts that match all matchers, such as severity="warning" or alertname=~"disk.*"')
    .argument("<matcher...>")
    .option("--for <duration>", "how long it lasts, such as 2h")
    .option("--start <time>", "when it begins, such as 2026-11-26T22:00:00Z; default: now")
    .option("--end <time>", "when it ends, instead of --for")
    .option("--author <name>", "who creates it; default: the user")
    .option("--comment <text>", "the reason", "")
    .action(add);
  common(silence.command("list"))
    .description("list the silences that have not expired")
    .option("--expired", "also list those that expired in the last five days")
    .action(list);
  common(silence.command("expire"))
    .description("end silences now")
    .argument("<id...>", "ids, or unique beginnings of them")
    .action(expire);
}

function common(command: Command): Command {
  return command
    .option(...CONFIG_OPTION)
    .option(...SOCKET_OPTION)
    .option("--json", "print the daemon's answer as JSON");
}

async function add(matchers: readonly string[], options: AddOptions): Promise<void> {
  const { for: lasts, start, end, author = userInfo().username, comment } = options;
  const request = {
    ...{ matchers, author, comment },
    ...(lasts !== undefined && { for: lasts }),
    ...(start !== undefined && { startsAt: start }),
    ...(end !== undefined && { endsAt: end }),
  };
  await askDaemon(options, async (client) => {
    const added = await client.addSilence(request);
    show([added], options);
    if (options.json === true || added.state !== "active") return;
    const { alerts, omitted } = await client.alerts(matchers);
    const count = alerts.filter(({ state }) => state === "firing").length + omitted;
    console.log(count === 0 ? NOTHING_MATCHES : `it matches ${counted(count, "firing alert")} now`);
  });
}

/** A matcher with a mistake matches nothing, and so does one for an alert that is still to come. */
const NOTHING_MATCHES = "no alert matches now: check the matchers, unless it is for later alerts";

async function list(options: ListOptions): Promise<void> {
  await askDaemon(options, async (client) => {
    const silences = await client.silences();
    show(
      silences.filter(({ state }) => options.expired === true || state !== "expired"),
      options,
    );
  });
}

async function expire(ids: readonly string[], options: Options): Promise<void> {
  await askDaemon(options, async (client) => {
    const ended: SilenceReport[] = [];
    for (const id of ids) ended.push(await client.expireSilence(id));
    show(ended, options);
  });
}

function show(silences: readonly SilenceReport[], { json }: Options): void {
  if (json === true) return console.log(jsonLine({ silences }));
  if (silences.length === 0) return console.log("no silences");
  printLines(silenceLines(silences, outputColumns()));
}
