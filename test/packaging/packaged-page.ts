import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const LISTENING = /"listen":"(127\.0\.0\.1:\d+)","msg":"listening for HTTP"/;

/**
 * Runs an installed daemon without rules, and returns what it answers for files of the status page:
 * the status of each.
 *
 * @param program the folder of the program
 * @param spare an empty folder
 */
export async function askForPage(
  program: string,
  spare: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  mkdirSync(join(spare, "rules.d"));
  writeFileSync(join(spare, "bpfwarden.yaml"), 'http: {listen: "127.0.0.1:0"}\n');
  const main = join(program, "daemon/bundle/main.js");
  const child = spawn(join(program, "node"), [main, "run", "--config", spare], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "exit");
  try {
    const address = await listenAddress(child.stderr);
    const answers = names.map(async (name) => [name, (await fetch(`http://${address}/${name}`)).status] as const);
    return new Map(await Promise.all(answers));
  } finally {
    child.kill();
    await ended;
  }
}

async function listenAddress(log: AsyncIterable<Buffer>): Promise<string> {
  let text = "";
  for await (const piece of log) {
    text += String(piece);
    const address = LISTENING.exec(text)?.[1];
    if (address !== undefined) return address;
  }
  throw new Error(`the daemon ended: ${text}`);
}
