import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WebhookSink } from "../support/webhook-sink.ts";
import { call, reloaded } from "./call-rules.ts";

/** `SEALED_KILLS=200 npm test -- sealed-audit` is the long way. */
const KILLS = Number(process.env["SEALED_KILLS"] ?? 3);
const FIRST = 1_900_500_000;

const LAST = FIRST + 999_999;
const OWN = `pid == ${process.pid} and`;
const RULES = {
  "record.yaml": `rule: recorded
probe: tracepoint:syscalls:sys_enter_getpriority
filter: ${OWN} args.who >= ${FIRST} and args.who < ${LAST}
event: {who: args.who}
action: audit
`,
  "count.yaml": `rule: counted
probe: tracepoint:syscalls:sys_enter_getpriority
filter: ${OWN} args.who == ${LAST}
aggregate: count()
threshold: value > 0
action: hook
`,
};

const ROOT = join(import.meta.dirname, "../../..");

/** Runs `bpfwarden audit` as a user would. */
function audit(...parameters: readonly string[]): { readonly status: number | null; readonly text: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, "daemon/main.ts"), "audit", ...parameters],
    { encoding: "utf8" },
  );
  return { status, text: `${stdout}${stderr}` };
}

kernelTest(`a sealed log is whole after ${KILLS} kills, and what is changed in it is found`, async () => {
  await using sink = await WebhookSink.start();
  const settings = `actions:
  audit: {log: {path: audit.jsonl, seal: true, max_size: 20kB}}
  hook: {webhook: {url: "${sink.url}"}}
state_dir: state
socket: control.sock
tick: 200ms
`;
  await using daemon = await DaemonProcess.start({ rules: RULES, settings });
  const config = ["--config", daemon.folder];
  let next = FIRST;
  const seen = (): number => daemon.lines("audit.jsonl").filter(({ rule }) => rule === "recorded").length;
  for (let kill = 0; kill < KILLS; kill++) {
    const before = seen();
    for (let number = 0; number < 50; number++) call(next++);
    await waitUntil("records in the log", () => seen() > before || undefined);
    // At some moment before or after the next checkpoint.
    await sleep((kill * 370) % 1100);
    await daemon.restart("SIGKILL");
  }
  await sleep(1500); // a checkpoint is signed each second
  call(LAST);
  await waitUntil("a webhook", () => (sink.received.length > 0 ? true : undefined));
  assert.equal(await daemon.stop(), 0);

  const whole = audit("verify", ...config, "--json");
  assert.equal(whole.status, 0, whole.text);
  const verdict = JSON.parse(whole.text) as {
    readonly intact: number;
    readonly sealed: number;
    readonly unsealed: number;
  };
  assert.equal(verdict.intact, verdict.sealed);
  assert.equal(verdict.unsealed, 0);
  const events = daemon.lines("audit.jsonl").map(({ event }) => event);
  assert.equal(events.at(-1), "the daemon stopped");

  const key = join(daemon.folder, "key");
  writeFileSync(key, audit("key", ...config).text);
  const mail = join(daemon.folder, "kept.json");
  writeFileSync(mail, JSON.stringify(sink.received.at(-1)?.body));
  const withWitness = audit("verify", ...config, "--key", key, "--witness", mail);
  assert.equal(withWitness.status, 0, withWitness.text);
  assert.match(withWitness.text, /1 checkpoints of witnesses fit/);

  const proof = join(daemon.folder, "proof");
  writeFileSync(proof, audit("prove", "3", ...config).text);
  const checked = audit("check", proof, "--key", key);
  assert.equal(checked.status, 0, checked.text);
  assert.match(checked.text, /record 3 of the \d+ .* it is unchanged/);

  const [third = ""] = audit("show", ...config, "--json")
    .text.split("\n")
    .slice(2);
  assert.equal((JSON.parse(third) as { readonly record?: number }).record, 3);
  assert.ok(checked.text.includes((JSON.parse(third) as { readonly time: string }).time));

  const path = join(daemon.folder, "audit.jsonl");
  const lines = readFileSync(path, "utf8").split("\n");
  const at = lines.length - 3;
  writeFileSync(path, lines.with(at, (lines[at] ?? "").replace('"rule"', '"Rule"')).join("\n"));
  const changed = audit("verify", ...config);
  assert.equal(changed.status, 1);
  assert.match(changed.text, new RegExp(`audit.jsonl:${at + 1}: record \\d+ was changed`));
});

kernelTest("a sealed log says which settings changed, and that its seal ends", async () => {
  const log = (seal: boolean): string => `actions: {audit: {log: {path: audit.jsonl, seal: ${seal}}}}\n`;
  const rules = { "record.yaml": RULES["record.yaml"] };
  await using daemon = await DaemonProcess.start({ rules, settings: log(true) });
  const change = async (text: string): Promise<void> =>
    reloaded(daemon, () => writeFileSync(join(daemon.folder, "bpfwarden.yaml"), text));
  await change(`${log(true)}redact: false\n`);
  await change(`${log(false)}redact: false\n`);
  const notes = await waitUntil("the end of the seal", () => {
    const lines = daemon.lines("audit.jsonl");
    return lines.some(({ event }) => event === "the seal ends") ? lines : undefined;
  });
  assert.deepEqual(
    notes.map(({ event, redact, changed_settings: changed }) => [event, redact, changed]),
    [
      ["the seal begins", undefined, undefined],
      ["the daemon started", true, undefined],
      ["the daemon read its rules again", false, ["redact"]],
      ["the seal ends", undefined, undefined],
    ],
  );
});
