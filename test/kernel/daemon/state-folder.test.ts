import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { text } from "node:stream/consumers";
import type { StatusReport } from "../../../daemon/api/status-report.ts";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { LoopDevice } from "../support/loop-device.ts";
import { waitUntil } from "../support/wait-until.ts";
import { WebhookSink } from "../support/webhook-sink.ts";
import { call, countingRule, judged, MARKS } from "./call-rules.ts";

const MAIN = join(import.meta.dirname, "../../../daemon/main.ts");
const TOLD = 1_900_000_111;
const SILENCED = 1_900_000_112;
const WAITING = 1_900_000_113;
const MEANWHILE = 1_900_000_114;
const AFTER = 1_900_000_115;

/** A disk of its own below which the state is. */
interface Disk {
  readonly mountPoint: string;
  readonly state: string;
}

/** A fault of the state's folder, its notice, and the repair. */
interface Trouble {
  readonly notice: string;
  /** what `status` says; nothing where the state is kept all the same */
  readonly words?: RegExp;
  readonly spoil: (disk: Disk) => void;
  readonly mend: (disk: Disk) => void;
}

const NOTHING = (): void => undefined;

async function bpfwarden(daemon: DaemonProcess, ...args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [MAIN, ...args, "--config", daemon.folder]);
  const [out, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  if (code !== 0) throw new Error(`${args.join(" ")}: ${errors}`);
  return out;
}

async function status(daemon: DaemonProcess): Promise<StatusReport> {
  return JSON.parse(await bpfwarden(daemon, "status", "--json")) as StatusReport;
}

/**
 * Starts a daemon that has notified its receiver of one alert, holds another by a silence, and has
 * a message that its receiver does not take.
 */
async function startOn({ state }: Disk, sink: WebhookSink, later: WebhookSink): Promise<DaemonProcess> {
  const daemon = await DaemonProcess.start({
    rules: {
      "marks.yaml": `${MARKS}action: file\n`,
      "told.yaml": countingRule("told", TOLD, 1),
      "silenced.yaml": countingRule("silenced", SILENCED, 1),
      "waiting.yaml": `${countingRule("waiting", WAITING, 1)}action: later\n`,
      "meanwhile.yaml": countingRule("meanwhile", MEANWHILE, 1),
      "after.yaml": countingRule("after", AFTER, 1),
    },
    settings: `actions: {file: {log: {path: alerts.jsonl}}, hook: {webhook: {url: "${sink.url}"}}, later: {webhook: {url: "${later.url}"}}}
defaults: {action: hook}\ntick: 100ms\nnotify: {group_interval: 200ms}\nstate_dir: ${state}\nsocket: control.sock\n`,
  });
  await bpfwarden(daemon, "silence", "add", "silenced", "--for", "1h");
  for (const who of [TOLD, SILENCED, WAITING]) call(who);
  await waitUntil("the page", () => sink.alerts("told", "firing")[0]);
  return daemon;
}

async function survives(disk: Disk, { notice, words, spoil, mend }: Trouble): Promise<void> {
  await using sink = await WebhookSink.start();
  await using later = await WebhookSink.start();
  later.fails = () => "status";
  await using daemon = await startOn(disk, sink, later);
  spoil(disk);
  await waitUntil("the notice", () => sink.alerts(notice, "firing")[0]);
  const troubled = await status(daemon);
  assert.ok(troubled.notices.some(({ alertname }) => alertname === notice));
  if (words !== undefined) assert.match(troubled.stateTrouble ?? "", words);
  call(MEANWHILE);
  await waitUntil("what fires meanwhile", () => sink.alerts("meanwhile", "firing")[0]);
  mend(disk);
  call(AFTER);
  // A message goes out when the state's file of that moment holds it, with all that has been put
  // before.
  await waitUntil("what fires after it", () => sink.alerts("after", "firing")[0]);
  if (words !== undefined) {
    await waitUntil("the notice's end", () => sink.alerts(notice, "resolved")[0]);
    assert.equal((await status(daemon)).stateTrouble, undefined);
  }
  await judged(daemon);
  await daemon.restart("SIGKILL", () => (later.fails = () => false));
  await waitUntil("the message that waited", () => later.alerts("waiting", "firing")[0]);
  for (const who of [TOLD, SILENCED, MEANWHILE, AFTER]) call(who);
  await judged(daemon);
  const told = ["told", "silenced", "meanwhile", "after"].map((rule) => sink.alerts(rule, "firing").length);
  assert.deepEqual(told, [1, 0, 1, 1]);
  assert.equal(await daemon.stop(), 0);
}

function mountTmpfs({ mountPoint }: Disk): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=16m", "bpfwarden-test", mountPoint]);
}

const REPLACED = "BpfwardenStateReplaced";
const UNWRITABLE = "BpfwardenStateUnwritable";

const TROUBLES: Readonly<Record<string, Trouble>> = {
  "a folder that is deleted": {
    notice: REPLACED,
    spoil: ({ state }) => rmSync(state, { recursive: true }),
    mend: NOTHING,
  },
  "a folder that another takes the place of": {
    notice: REPLACED,
    spoil({ state }) {
      renameSync(state, `${state}.away`);
      mkdirSync(state);
    },
    mend: NOTHING,
  },
  "a folder that a file takes the place of": {
    notice: UNWRITABLE,
    words: /ENOTDIR/,
    spoil({ state }) {
      renameSync(state, `${state}.away`);
      writeFileSync(state, "");
    },
    mend: ({ state }) => rmSync(state),
  },
  "a disk that is unmounted": {
    notice: REPLACED,
    spoil: ({ mountPoint }) => void execFileSync("umount", ["-l", mountPoint]),
    mend: mountTmpfs,
  },
  "a disk that is full": {
    notice: UNWRITABLE,
    words: /full/,
    spoil: ({ mountPoint }) =>
      assert.throws(() => writeFileSync(join(mountPoint, "filler"), Buffer.alloc(32 * 1024 * 1024)), /ENOSPC/),
    mend: ({ mountPoint }) => rmSync(join(mountPoint, "filler")),
  },
};

for (const [what, trouble] of Object.entries(TROUBLES)) {
  kernelTest(`the state survives ${what}`, async () => {
    const mountPoint = mkdtempSync(join(tmpdir(), "bpfwarden-state-"));
    const disk = { mountPoint, state: join(mountPoint, "state") };
    mountTmpfs(disk);
    try {
      await survives(disk, trouble);
    } finally {
      execFileSync("umount", ["-l", mountPoint]);
      rmSync(mountPoint, { recursive: true });
    }
  });
}

kernelTest("the state survives a disk that becomes read-only", async () => {
  using device = new LoopDevice(32 * 1024 * 1024);
  execFileSync("mkfs.ext4", ["-q", device.path]);
  const mountPoint = mkdtempSync(join(tmpdir(), "bpfwarden-state-"));
  const disk = { mountPoint, state: join(mountPoint, "state") };
  execFileSync("mount", ["-o", "errors=remount-ro", device.path, mountPoint]);
  try {
    await survives(disk, {
      notice: UNWRITABLE,
      words: /disk I\/O error|EROFS/,
      spoil: () => writeFileSync(`/sys/fs/ext4/${basename(device.path)}/trigger_fs_error`, "1"),
      mend() {
        execFileSync("umount", ["-l", mountPoint]);
        mountTmpfs(disk);
      },
    });
  } finally {
    execFileSync("umount", ["-l", mountPoint]);
    rmSync(mountPoint, { recursive: true });
  }
});
