import assert from "node:assert/strict";
import { bindDatagramReceiver, type DatagramReceiver } from "../../daemon/service/datagram-receiver.ts";
import { kernelTest } from "../privilege.ts";
import { DaemonProcess } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { ACTIONS, call, countingRule, SETTINGS } from "./call-rules.ts";

const WHO = 1_900_000_003;

/** The messages to systemd, received by a socket of the same kind. */
class Told implements Disposable {
  readonly address = `@bpfwarden-test-${process.pid}-${performance.now()}`;
  readonly #receiver: DatagramReceiver = bindDatagramReceiver(this.address);

  /** The next message that is not a heartbeat. */
  next(): Promise<string> {
    return this.#next((message) => message !== "WATCHDOG=1");
  }

  heartbeat(): Promise<string> {
    return this.#next((message) => message === "WATCHDOG=1");
  }

  #next(isWanted: (message: string) => boolean): Promise<string> {
    return waitUntil("a message to systemd", () => {
      for (let message = this.#receiver.receive(); message !== undefined; message = this.#receiver.receive()) {
        if (isWanted(message)) return message;
      }
      return undefined;
    });
  }

  [Symbol.dispose](): void {
    this.#receiver[Symbol.dispose]();
  }
}

function start(told: Told, settings = SETTINGS): Promise<DaemonProcess> {
  const rules = {
    "one.yaml": countingRule("one", WHO, 1),
    "two.yaml": countingRule("two", WHO, 2),
    "broken.yaml": "rule: [",
  };
  return DaemonProcess.start({ rules, settings, environment: { NOTIFY_SOCKET: told.address } });
}

kernelTest("systemd is notified of the start, firing alerts, each reload and the end", async () => {
  using told = new Told();
  await using daemon = await start(told);
  assert.equal(await told.next(), "READY=1\nSTATUS=2 rules attached, 1 file faulty");
  await told.heartbeat();
  call(WHO);
  assert.equal(await told.next(), "STATUS=2 rules attached, 1 file faulty, 1 alert firing");

  daemon.signal("SIGHUP");
  assert.match(await told.next(), /^RELOADING=1\nMONOTONIC_USEC=\d+\nSTATUS=reloading$/);
  assert.equal(await told.next(), "READY=1\nSTATUS=2 rules attached, 1 file faulty, 1 alert firing");

  daemon.writeRule("broken.yaml", countingRule("three", WHO, 100));
  assert.match(await told.next(), /^RELOADING=1\n/);
  assert.equal(await told.next(), "READY=1\nSTATUS=3 rules attached, 1 alert firing");
  await told.heartbeat();

  daemon.signal("SIGTERM");
  assert.match(await told.next(), /^STOPPING=1\nSTATUS=/);
  assert.equal(await daemon.stop(), 0);
});

kernelTest("the watchdog is fed between ticks a minute from each other", async () => {
  using told = new Told();
  await using daemon = await start(told, `${ACTIONS}tick: 60s\n`);
  for (let n = 0; n < 2; n++) await told.heartbeat();
  assert.equal(await daemon.stop(), 0);
});
