import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { call, countingRule, recordingRule, SETTINGS } from "../daemon/call-rules.ts";
import { kernelTest } from "../privilege.ts";
import { bpfwarden, clientOf } from "../support/ask-daemon.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";

const [COUNTED, RECORDED] = [1_900_000_191, 1_900_000_192];
const MAIN = join(import.meta.dirname, "../../../daemon/main.ts");

function start(): Promise<DaemonProcess> {
  const rules = {
    "calls.yaml": countingRule("calls", COUNTED, 2),
    "records.yaml": recordingRule("records", RECORDED),
  };
  return DaemonProcess.start({ rules, settings: `${SETTINGS}limits: {records: 100000}\n` });
}

/** A running `bpfwarden tail`, and its output so far. */
class Tail implements Disposable {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown[]>;
  out = "";
  errors = "";

  constructor(daemon: DaemonProcess, ...args: readonly string[]) {
    this.child = spawn(process.execPath, [MAIN, "tail", ...args, "--config", daemon.folder]);
    this.exited = once(this.child, "close");
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.out += text));
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.errors += text));
  }

  /** Calls until a line is there: the first calls may come before it follows. */
  async until(line: RegExp, who: number): Promise<void> {
    await waitUntil(`${String(line)} in ${this.out}${this.errors}`, () => {
      call(who);
      return line.test(this.out);
    });
  }

  [Symbol.dispose](): void {
    this.child.kill("SIGKILL");
  }
}

kernelTest(
  "tail follows records and alerts of the named rules, ends with Ctrl-C, and says that the daemon stopped",
  async () => {
    await using daemon = await start();
    using all = new Tail(daemon, "--json");
    using named = new Tail(daemon, "calls");
    await all.until(/"kind":"record".*"rule":"records".*"who":1900000192/, RECORDED);
    await waitUntil("the other one to follow", () => named.errors.includes("follows calls; Ctrl-C ends this"));
    call(COUNTED, 2);
    await waitUntil("the alert", () => /"kind":"alert".*"change":"fired","alertname":"calls"/.test(all.out));
    await waitUntil("the alert for people", () =>
      /^\d\d:\d\d:\d\d FIRING warning calls  value \d+ >= 2$/m.test(named.out),
    );
    assert.doesNotMatch(named.out, /records/);
    named.child.kill("SIGINT");
    assert.deepEqual(await named.exited, [0, null]);
    await daemon.stop();
    assert.deepEqual(await all.exited, [1, null]);
    assert.match(all.errors, /^bpfwarden: error: the daemon is stopping$/m);
  },
);

kernelTest("a follower that does not read delays no tick, and loses lines that are counted", async () => {
  await using daemon = await start();
  const slow = connect(join(daemon.folder, "state/control.sock"));
  slow.write("GET /v1/follow?rule=records HTTP/1.1\r\nHost: x\r\n\r\n");
  slow.pause();
  await once(slow, "connect");
  for (let n = 0; n < 100; n++) {
    call(RECORDED, 100);
    // A status needs the thread that ticks.
    if (n % 10 === 0) await clientOf(daemon).status();
  }
  await waitUntil("all records in the log", () => daemon.lines("alerts.jsonl").length > 1000);
  call(COUNTED, 2);
  await waitUntil("an alert", () => daemon.lines("alerts.jsonl").some(({ rule }) => rule === "calls"));
  let text = "";
  slow.on("data", (chunk: Buffer) => (text += chunk.toString())).resume();
  await waitUntil("the number of lost lines", () => /"kind":"dropped","count":\d+/.test(text));
  slow.destroy();
});

kernelTest("followers of unknown rules are refused, and so is one too many", async () => {
  await using daemon = await start();
  const { code, errors } = await bpfwarden(daemon, "tail", "cals");
  assert.equal(code, 1);
  assert.match(errors, /no rule "cals" runs\n  did you mean "calls"\?/);
  const sockets = Array.from({ length: 17 }, () => connect(join(daemon.folder, "state/control.sock")));
  const answers = sockets.map(async (socket) => {
    socket.write("GET /v1/follow HTTP/1.1\r\nHost: x\r\n\r\n");
    const [chunk] = (await once(socket, "data")) as [Buffer];
    return chunk.toString().slice(9, 12);
  });
  assert.deepEqual((await Promise.all(answers)).toSorted(), [...Array.from({ length: 16 }, () => "200"), "503"]);
  for (const socket of sockets) socket.destroy();
});
