import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { signatureFault } from "../receivers/webhook/verify-signature.ts";
import { hostClock } from "../service/clock.ts";
import { durationText } from "../text/duration-text.ts";
import { jsonLine } from "../text/json-line.ts";
import { fail, reportHostTrouble } from "./host-trouble.ts";

interface Options {
  readonly key: string;
  readonly id: string;
  readonly timestamp: string;
  readonly signature: string;
  readonly json?: boolean;
}

/** `bpfwarden verify-webhook`: tells if a webhook that arrived somewhere was signed with a key. */
export function addVerifyWebhook(program: Command): void {
  program
    .command("verify-webhook")
    .description("verify the signature of a webhook that a receiver got")
    .argument("[body]", "file with the body as it arrived; default: standard input", "-")
    .requiredOption("--key <file>", "file with the key of sign:, with or without whsec_")
    .requiredOption("--id <text>", "the header webhook-id")
    .requiredOption("--timestamp <seconds>", "the header webhook-timestamp")
    .requiredOption("--signature <text>", "the header webhook-signature")
    .option("--json", "print the result as JSON")
    .action(verify);
}

function verify(path: string, { key, json, ...headers }: Options): void {
  let fault: string | undefined;
  try {
    fault = signatureFault(readFileSync(key, "utf8"), { ...headers, body: readFileSync(path === "-" ? 0 : path) });
  } catch (error) {
    return reportHostTrouble(error);
  }
  const ageMs = hostClock().unixMs() - Number(headers.timestamp) * 1000;
  if (json === true) console.log(jsonLine(fault === undefined ? { ok: true, ageMs } : { ok: false, fault }));
  else if (fault === undefined) console.log(`the signature is right; the request was signed ${ageText(ageMs)}`);
  else return fail(fault);
  if (fault !== undefined) process.exitCode = 1;
}

function ageText(ageMs: number): string {
  const text = durationText(Math.abs(Math.round(ageMs / 1000)) * 1e9);
  return ageMs < 0 ? `in ${text}, by this host's clock` : `${text} ago`;
}
