import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { type ServiceManager, connectServiceManager, watchdogTimeoutMs } from "../../../daemon/service/sd-notify.ts";
import { bindDatagramReceiver } from "./datagram-receiver.ts";

const folder = mkdtempSync(join(tmpdir(), "sd-notify-"));
after(() => rmSync(folder, { recursive: true }));

function connect(address: string | undefined, errors: Error[] = []): ServiceManager {
  const environment = { NOTIFY_SOCKET: address };
  return connectServiceManager({ environment, monotonicUs: () => 123_456n, onError: (error) => errors.push(error) });
}

const addresses = { "a path": join(folder, "notify"), "an abstract name": `@bpfwarden-test-${process.pid}` };

suite("sd_notify", () => {
  for (const [kind, address] of Object.entries(addresses)) {
    test(`sends each message as one datagram to ${kind}`, () => {
      using systemd = bindDatagramReceiver(address);
      using manager = connect(address, []);
      const received = (): string | undefined => systemd.receive();

      manager.ready("3 rules");
      assert.equal(received(), "READY=1\nSTATUS=3 rules");
      manager.status("4 rules, 1 firing");
      assert.equal(received(), "STATUS=4 rules, 1 firing");
      manager.alive();
      assert.equal(received(), "WATCHDOG=1");
      manager.reloading();
      assert.equal(received(), "RELOADING=1\nMONOTONIC_USEC=123456\nSTATUS=reloading");
      manager.stopping("detaching");
      assert.equal(received(), "STOPPING=1\nSTATUS=detaching");
      assert.equal(received(), undefined);
    });
  }

  test("a line break in a status does not start an assignment", () => {
    using systemd = bindDatagramReceiver(join(folder, "injected"));
    using manager = connect(join(folder, "injected"));
    manager.status("rule a\nMAINPID=1\r\nb");
    assert.equal(systemd.receive(), "STATUS=rule a MAINPID=1 b");
  });

  test("sends nothing without $NOTIFY_SOCKET", () => {
    const errors: Error[] = [];
    for (const absent of [undefined, ""]) connect(absent, errors).ready("x");
    assert.deepEqual(errors, []);
  });

  test("a missing manager is reported and has no other effect", () => {
    const errors: Error[] = [];
    using manager = connect(join(folder, "nobody"), errors);
    manager.ready("x");
    assert.deepEqual(
      errors.map(({ message }) => message),
      [`cannot send to "${join(folder, "nobody")}": ENOENT`],
    );
  });

  test("a full queue is reported, not waited for", () => {
    const errors: Error[] = [];
    using _systemd = bindDatagramReceiver(join(folder, "full"));
    using manager = connect(join(folder, "full"), errors);
    for (let i = 0; i < 10_000 && errors.length === 0; i++) manager.alive();
    assert.match(errors[0]?.message ?? "", /EAGAIN$/);
  });

  test("an address that is not an AF_UNIX socket's is reported", () => {
    const errors: Error[] = [];
    for (const address of ["vsock:2:1234", `/${"x".repeat(108)}`]) connect(address, errors);
    assert.equal(errors.length, 2);
    assert.match(errors[0]?.message ?? "", /expected a socket's path or "@NAME", found "vsock:2:1234"/);
  });
});

test("the watchdog's timeout", () => {
  assert.equal(watchdogTimeoutMs({ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "7" }, 7), 30_000);
  assert.equal(watchdogTimeoutMs({ WATCHDOG_USEC: "30000000" }, 7), 30_000);
  assert.equal(watchdogTimeoutMs({ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "8" }, 7), undefined);
  for (const off of [undefined, "", "0", "infinity", "-1", "1.5"])
    assert.equal(watchdogTimeoutMs({ WATCHDOG_USEC: off }, 7), undefined);
});
