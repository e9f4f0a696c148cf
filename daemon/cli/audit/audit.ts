import type { Command } from "commander";
import { RULES_OPTION } from "../rule-files/rule-places.ts";
import { exportLog } from "./export.ts";
import { check, printKeys, prove } from "./prove.ts";
import { session, sessions } from "./sessions.ts";
import { show } from "./show.ts";
import { verifyLogs } from "./verify.ts";

const KEY_OPTION = [
  "--key <key...>",
  "public keys of the log, or files with them: those of bpfwarden audit key",
] as const;

/** Adds the options that choose records of logs. */
function records(command: Command): Command {
  return command
    .option("--log <log...>", "logs; default: those of the settings", [])
    .option("--since <time>", "from when on, as a duration such as 24h, or a time")
    .option("--until <time>", "until when; default: now")
    .option("--user <name>", "records of this user")
    .option("--command <pattern>", "records whose command matches, such as 'rm *'")
    .option(...RULES_OPTION)
    .option("--json", "print JSON Lines");
}

/** `bpfwarden audit`: reads logs, and verifies sealed ones. */
export function addAudit(program: Command): void {
  const audit = program.command("audit").description("read logs, verify sealed ones, and prove their records");
  audit
    .command("verify")
    .description("say if sealed logs are as they were written, and where not")
    .argument("[log...]", "logs; default: the sealed logs of the settings")
    .option(...RULES_OPTION)
    .option(...KEY_OPTION, [])
    .option("--witness <file...>", "mails, messages or other files with checkpoints that were kept elsewhere", [])
    .option("--json", "print the result as JSON")
    .action(verifyLogs);
  records(audit.command("show"))
    .description('print the records that match all matchers, such as rule="bash-audit" or cwd=~"/srv.*"')
    .argument("[matcher...]")
    .option("--limit <number>", "the most records, the latest ones")
    .action(show);
  records(audit.command("sessions"))
    .description("list the sessions with their users, times and numbers of commands")
    .argument("[matcher...]")
    .action(sessions);
  records(audit.command("session"))
    .description("print the commands of one session as a transcript")
    .argument("<session>", "as bpfwarden audit sessions lists it")
    .action(session);
  audit
    .command("prove")
    .description("write a proof of one record, which is checked without the log")
    .argument("<record>", "the number of the record, from 1")
    .argument("[log]", "the log; default: the sealed log of the settings")
    .option(...RULES_OPTION)
    .action(prove);
  audit
    .command("check")
    .description("check a proof with the public key of the log")
    .argument("[proof]", "file with the proof; default: standard input", "-")
    .requiredOption(...KEY_OPTION)
    .option("--json", "print the result as JSON")
    .action(check);
  audit
    .command("export")
    .description("write a sealed log as files that tools of transparency logs read (C2SP tlog-tiles)")
    .argument("[log]", "the log; default: the sealed log of the settings")
    .requiredOption("--tlog <folder>", "where to write checkpoint and tile/")
    .option(...RULES_OPTION)
    .option("--json", "print the result as JSON")
    .action(exportLog);
  audit
    .command("key")
    .description("print the public keys of sealed logs, to be kept on another host")
    .argument("[log...]", "logs; default: the sealed logs of the settings")
    .option(...RULES_OPTION)
    .action(printKeys);
}
