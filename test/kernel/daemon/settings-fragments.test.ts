import assert from "node:assert/strict";
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WebhookSink } from "../support/webhook-sink.ts";
import { alertsOf, call, countEntries, countingRule, judged, MARKS, reloaded } from "./call-rules.ts";

const WHO = 1_900_000_061;

/** A daemon whose settings name a variable of its environment. */
function start(sink: WebhookSink): Promise<DaemonProcess> {
  return DaemonProcess.start({
    rules: { "marks.yaml": `${MARKS}action: file\n`, "rule.yaml": countingRule("calls", WHO, 1) },
    settings: `actions: {file: {log: {path: alerts.jsonl}}, hook: {webhook: {url: "${sink.url}"}}}
defaults: {action: [file, hook]}\ntick: 100ms\nnotify: {group_interval: 200ms}\nlabels: {site: main}\n`,
    environment: { REGION_OF_TEST: "eu-1" },
  });
}

/** Writes a fragment as programs for configuration do: whole, in one step. */
function writeFragment(daemon: DaemonProcess, name: string, text: string): string {
  const folder = join(daemon.folder, "bpfwarden.yaml.d");
  const path = join(folder, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, ".new"), text);
  renameSync(join(folder, ".new"), path);
  return path;
}

/** Returns the labels of the next alert of the rule. */
async function nextLabels(daemon: DaemonProcess): Promise<Readonly<Record<string, string>> | undefined> {
  daemon.writeRule("rule.yaml", countingRule(`calls_${++rounds}`, WHO, 1));
  await daemon.until("the rule", () => countEntries(daemon, "attached", `calls_${rounds}`) > 0);
  call(WHO);
  await judged(daemon);
  return alertsOf(daemon, `calls_${rounds}`)[0]?.labels;
}
let rounds = 0;

kernelTest("fragments are read at the start, and a new, changed or removed one is a reload", async () => {
  await using sink = await WebhookSink.start();
  await using daemon = await start(sink);
  assert.partialDeepStrictEqual(await nextLabels(daemon), { site: "main" });

  const first = "labels: {site: first, region: env:REGION_OF_TEST}\n";
  await reloaded(daemon, () => writeFragment(daemon, "10-first.yaml", first));
  assert.partialDeepStrictEqual(await nextLabels(daemon), { site: "first", region: "eu-1" });

  await reloaded(daemon, () => writeFragment(daemon, "20-second.yaml", "labels: {site: second}\n"));
  assert.partialDeepStrictEqual(await nextLabels(daemon), { site: "second", region: "eu-1" });

  await daemon.restart("SIGTERM");
  assert.partialDeepStrictEqual(await nextLabels(daemon), { site: "second", region: "eu-1" });

  await reloaded(daemon, () => rmSync(join(daemon.folder, "bpfwarden.yaml.d/20-second.yaml")));
  assert.partialDeepStrictEqual(await nextLabels(daemon), { site: "first", region: "eu-1" });
  assert.deepEqual(sink.alerts("BpfwardenSettingsBroken"), []);
});

kernelTest("a faulty or unsafe fragment keeps the earlier settings, and the notice names it", async () => {
  await using sink = await WebhookSink.start();
  await using daemon = await start(sink);
  await reloaded(daemon, () => writeFragment(daemon, "10-good.yaml", "labels: {site: good}\n"));
  const faults: readonly (readonly [make: () => string, place: RegExp])[] = [
    [() => writeFragment(daemon, "50-bad.yaml", "# 1\nlabels: {site: bad}\nlimits: {keyz: 1}\n"), /:3:10: .*"keyz"/],
    [
      () => {
        const path = writeFragment(daemon, "50-bad.yaml", "labels: {site: bad}\n");
        chmodSync(path, 0o666);
        return path;
      },
      /50-bad\.yaml/,
    ],
  ];
  for (const [index, [make, place]] of faults.entries()) {
    const path = make();
    const seen = (state: "firing" | "resolved") => sink.alerts("BpfwardenSettingsBroken", state);
    const notice = await waitUntil("the notice", () => seen("firing")[index]);
    assert.equal(notice.labels["file"], path);
    assert.match(notice.annotations["summary"] ?? "", place);
    assert.partialDeepStrictEqual(await nextLabels(daemon), { site: "good" });
    rmSync(path);
    await waitUntil("its end", () => seen("resolved").length === index + 1);
  }
});
