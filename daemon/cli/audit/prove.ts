import { readFileSync } from "node:fs";
import { visible, visibleText } from "../../../bpf/source/visible.ts";
import { parseKey, type VerifierKey } from "../../seal/note.ts";
import { checkProof, originOfProof, parseProof, proofText, type RecordProof } from "../../seal/proof-file.ts";
import { proveRecord } from "../../seal/prove-record.ts";
import { readKeys, sealFolderOf } from "../../seal/seal-folder.ts";
import { jsonLine } from "../../text/json-line.ts";
import { fail, reportHostTrouble } from "../host-trouble.ts";
import { readVerifierKeys, WrongKey } from "./read-keys.ts";
import { logPathsOf, oneLogPathOf } from "./sealed-logs.ts";

interface Options {
  readonly config?: string;
  readonly key: readonly string[];
  readonly json?: boolean;
}

/** `bpfwarden audit prove`: writes a proof of one record that anybody can check without the log. */
export async function prove(number: string, log: string | undefined, { config }: Options): Promise<void> {
  if (!/^[1-9][0-9]{0,14}$/.test(number))
    return fail(`expected the number of a record from 1, found "${visible(number)}"`, 2);
  try {
    const path = await oneLogPathOf(log, config);
    if (path === undefined) return;
    const proof = await proveRecord(path, Number(number) - 1);
    if (typeof proof === "string") return fail(visibleText(proof));
    process.stdout.write(proofText(proof));
  } catch (error) {
    reportHostTrouble(error);
  }
}

/** `bpfwarden audit check`: checks such a proof with the log's public key. */
export function check(file: string, { key, json }: Options): void {
  try {
    const keys = readVerifierKeys(key);
    const proof = parseProof(readFileSync(file === "-" ? 0 : file, "utf8"));
    if (proof === undefined) return fail("expected a proof of bpfwarden audit prove, found another text");
    const good = keys.map((each) => checkProof(proof, each)).find((result) => typeof result !== "string");
    const line = proof.line.toString("utf8");
    if (good === undefined) return fail(faultOf(proof, keys));
    const { origin, size } = good;
    if (json === true) return console.log(jsonLine({ ok: true, log: origin, record: proof.record + 1, size, line }));
    console.log(visibleText(line));
    console.log(`record ${proof.record + 1} of the ${size} that "${visible(origin)}" sealed: it is unchanged`);
  } catch (error) {
    if (error instanceof WrongKey) fail(error.message, 2);
    else reportHostTrouble(error);
  }
}

/** Returns the fault of a proof: that by the key of its log, if there is one. */
function faultOf(proof: RecordProof, keys: readonly VerifierKey[]): string {
  const origin = originOfProof(proof);
  const key = keys.find(({ name }) => name === origin);
  const fault = key && checkProof(proof, key);
  return typeof fault === "string" ? fault : `no key is that of the log "${visible(origin ?? "")}"`;
}

/** `bpfwarden audit key`: prints the public keys of sealed logs, to be kept elsewhere. */
export async function printKeys(given: readonly string[], { config }: Options): Promise<void> {
  try {
    for (const path of await logPathsOf(given, config)) {
      const texts = (await readKeys(sealFolderOf(path))).filter((text) => parseKey(text) !== undefined);
      if (texts.length === 0) fail(`the log "${visible(path)}" is not sealed yet: its first record makes the key`);
      for (const text of texts) console.log(text);
    }
  } catch (error) {
    reportHostTrouble(error);
  }
}
