import type { Command } from "commander";
import { RULES_OPTION } from "../rule-files/rule-places.ts";
import { check, printKeys, prove } from "./prove.ts";
import { verifyLogs } from "./verify.ts";

const KEY_OPTION = [
  "--key <key...>",
  "public keys of the log, or files with them: those of bpfwarden audit key",
] as const;

/** `bpfwarden audit verify|prove|check|key`: what sealed logs can prove. */
export function addAudit(program: Command): void {
  const audit = program.command("audit").description("verify sealed logs, and prove their records");
  audit
    .command("verify")
    .description("say if sealed logs are as they were written, and where not")
    .argument("[log...]", "logs; default: the sealed logs of the settings")
    .option(...RULES_OPTION)
    .option(...KEY_OPTION, [])
    .option("--witness <file...>", "mails, messages or other files with checkpoints that were kept elsewhere", [])
    .option("--json", "print the result as JSON")
    .action(verifyLogs);
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
    .command("key")
    .description("print the public keys of sealed logs, to be kept on another host")
    .argument("[log...]", "logs; default: the sealed logs of the settings")
    .option(...RULES_OPTION)
    .action(printKeys);
}
