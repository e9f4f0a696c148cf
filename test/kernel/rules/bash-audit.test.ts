import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { skipWithoutBpf } from "../privilege.ts";
import { BashOnPty } from "../support/bash-on-pty.ts";
import { DaemonProcess, shippedRule } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";

const LOG = "audit.jsonl";
const SETTINGS = `actions:\n  audit: {log: {path: ${LOG}}}\ndefaults: {action: audit}\n`;

suite("bash-audit", { skip: skipWithoutBpf }, () => {
  let daemon: DaemonProcess;
  let early: BashOnPty;

  const commands = (): unknown[] => daemon.lines(LOG).map((line) => line["command"]);
  const logged = async (command: string): Promise<Readonly<Record<string, unknown>>> =>
    waitUntil(`a record of ${JSON.stringify(command).slice(0, 80)}`, () =>
      daemon.lines(LOG).find((line) => line["command"] === command),
    );

  before(async () => {
    early = await BashOnPty.start();
    daemon = await DaemonProcess.start({ rules: { "bash-audit.yaml": shippedRule("bash-audit") }, settings: SETTINGS });
  });
  after(async () => {
    await early[Symbol.asyncDispose]();
    await daemon[Symbol.asyncDispose]();
  });

  test("a shell that was at its prompt before the daemon started is covered from its first command", async () => {
    await early.run("echo first-of-an-early-shell");
    await logged("echo first-of-an-early-shell");
  });

  test("a record has the user, the terminal and the time", async () => {
    const folder = mkdtempSync(join(tmpdir(), "bpfwarden-cwd-"));
    await using bash = await BashOnPty.start("/bin/bash", folder);
    const startedMs = Date.now();
    await bash.run("echo pid=$$ ppid=$PPID tty=$(tty) end");
    const record = await logged("echo pid=$$ ppid=$PPID tty=$(tty) end");
    const [, pid, ppid, tty] = /pid=(\d+) ppid=(\d+) tty=\/dev\/(\S+) end/.exec(bash.screen) ?? [];
    assert.equal(record["pid"], Number(pid));
    assert.equal(record["ppid"], Number(ppid));
    assert.equal(record["tty"], tty);
    assert.equal(record["cwd"], folder);
    assert.equal(record["uid"], process.getuid?.());
    assert.equal(record["user"], userInfo().username);
    assert.equal(record["shell"], readlinkSync(`/proc/${pid}/exe`));
    // A shell inherits them from this process.
    for (const name of ["loginuid", "sessionid"]) {
      const number = Number(readFileSync(`/proc/self/${name}`, "utf8"));
      assert.equal(record[name], number === 0xffff_ffff ? "unset" : number);
    }
    assert.ok(Math.abs(Date.parse(String(record["time"])) - startedMs) < 60_000, String(record["time"]));
    rmSync(folder, { recursive: true });
  });

  test("a secret on a command line does not stand in the log, and the record says so", async () => {
    await using bash = await BashOnPty.start();
    await bash.run(": sshpass -p not-in-the-log ssh; mysql -pnot-in-the-log shop; echo end-of-secrets");
    const record = await waitUntil("the record", () =>
      daemon.lines(LOG).find((line) => String(line["command"]).endsWith("end-of-secrets")),
    );
    assert.match(String(record["command"]), /; mysql -p\[redacted:[0-9a-f]{8}\] shop; /);
    assert.deepEqual(record["redacted"], ["command"]);
    assert.ok(!readFileSync(join(daemon.folder, LOG), "utf8").includes("mysql -pnot-in"));
  });

  test("lines arrive exactly: long, quoted, UTF-8, control bytes", async () => {
    await using bash = await BashOnPty.start();
    const long = `: ${"x".repeat(2998)}`;
    const quoted = `echo "it's" 'a "quoted" line' \\| end`;
    const unicode = "echo grüße 日本語 🐝";
    for (const line of [long, quoted, unicode]) {
      await bash.run(line);
      await logged(line);
    }
    // Ctrl-V takes the next key literally: an ESC and a BEL become part of the line.
    await bash.run(": esc\x16\x1b[31m bel\x16\x07 end");
    await logged(": esc\x1b[31m bel\x07 end");
  });

  test("a bracketed paste with newlines is one record", async () => {
    await using bash = await BashOnPty.start();
    await bash.run("\x1b[200~: pasted one\n: pasted two\x1b[201~");
    await logged(": pasted one\n: pasted two");
  });

  test("empty lines and Ctrl-D give no record", async () => {
    const before = commands().length;
    {
      await using bash = await BashOnPty.start();
      await bash.run("");
      await bash.run("");
      await bash.run(": after-empty");
    }
    await logged(": after-empty");
    await early.run(": after-ctrl-d");
    await logged(": after-ctrl-d");
    assert.deepEqual(commands().slice(before), [": after-empty", ": after-ctrl-d"]);
  });

  test("a renamed shell does not escape, since filtering is not by name", async () => {
    // `exec -a` changes what the process is called, not the file that the probe is on.
    await using bash = await BashOnPty.start("-a innocent /bin/bash");
    await bash.run(": from-renamed");
    assert.equal((await logged(": from-renamed"))["shell"], readlinkSync(`/proc/${process.pid}/root`) + "usr/bin/bash");
  });

  test("a container's own bash is seen, soon after its start", async () => {
    const folder = mkdtempSync(join(tmpdir(), "bpfwarden-container-"));
    const copy = join(folder, "bash");
    copyFileSync("/bin/bash", copy);
    {
      const inContainer = `mount --bind ${copy} ${realpathSync("/bin/bash")} && exec /bin/bash "$@"`;
      await using bash = await BashOnPty.start(`unshare --mount sh -c '${inContainer}' sh`);
      await daemon.until("the container's bash to be attached to", (output) =>
        /attached to \/proc\/\d+\/root/.test(output),
      );
      await bash.run(": from-container");
      assert.equal(typeof (await logged(": from-container"))["pid"], "number");
    }
    rmSync(folder, { recursive: true });
  });

  test("a copied binary is not seen, as the rule's comment says", async () => {
    const folder = mkdtempSync(join(tmpdir(), "bpfwarden-copy-"));
    copyFileSync("/bin/bash", join(folder, "bash"));
    {
      await using bash = await BashOnPty.start(join(folder, "bash"));
      await bash.run(": from-copy");
    }
    await early.run(": after-copy");
    await logged(": after-copy");
    assert.ok(!commands().includes(": from-copy"));
    rmSync(folder, { recursive: true });
  });

  test("no command of 1,000 in a burst is missing", async () => {
    const lines = Array.from({ length: 1000 }, (_, n) => `: burst ${n}`);
    await using bash = await BashOnPty.start();
    bash.type(lines.map((line) => `${line}\r`).join(""));
    await bash.untilPrompts(1001);
    await logged(": burst 999");
    assert.deepEqual(
      commands().filter((command) => String(command).startsWith(": burst")),
      lines,
    );
  });
});
