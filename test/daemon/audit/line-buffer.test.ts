import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { LineSink } from "../../../daemon/audit/line-sink.ts";
import { takeTurns } from "../../../daemon/audit/turns.ts";
import { bufferTo, sinkInto } from "../notify/fixtures.ts";

const never = new AbortController().signal;

/**
 * A sink that can be stopped, as a disk that hangs or a pipe that is full, and that can fail, as a
 * full disk.
 */
function stoppable() {
  const written: string[] = [];
  let gate = Promise.resolve();
  let open: () => void = () => undefined;
  let error: Error | undefined;
  const sink: LineSink = {
    async write(lines) {
      await gate;
      if (error !== undefined) throw error;
      written.push(lines.toString());
    },
    release: () => Promise.resolve(),
  };
  return {
    ...{ sink, written },
    stop: () => void (gate = new Promise((resolve) => (open = resolve))),
    goOn: () => open(),
    fail: (code: string | undefined) =>
      void (error = code === undefined ? undefined : Object.assign(new Error(code), { code })),
    text: () => written.join(""),
  };
}

suite("lines that wait", () => {
  test("are written in order, many at a time", async () => {
    const written: string[] = [];
    const buffer = bufferTo(sinkInto(written));
    for (let n = 0; n < 1000; n++) buffer.add("r", 1, () => [String(n)]);
    assert.equal(await buffer.close(1000), 0);
    assert.equal(written.join(""), Array.from({ length: 1000 }, (_, n) => `${n}\n`).join(""));
    assert.ok(written.length < 10);
  });

  test("are limited in memory, and lost lines are counted at their place", async () => {
    const disk = stoppable();
    disk.stop();
    const buffer = bufferTo(disk.sink, { maxBytes: 1000 });
    let rendered = 0;
    for (let n = 0; n < 100_000; n++) {
      buffer.add(n % 2 === 0 ? "even" : "odd", 1, () => {
        rendered++;
        return ["x".repeat(99)];
      });
      assert.ok(buffer.waitingBytes <= 1000);
    }
    assert.ok(rendered <= 11, "what is lost is not even rendered");
    assert.equal(buffer.lost, 99_990);
    disk.goOn();
    await buffer.release();
    buffer.add("even", 1, () => ["after"]);
    assert.equal(await buffer.close(1000), 0);
    const lines = disk.text().trimEnd().split("\n");
    assert.equal(lines.filter((line) => line.startsWith("x")).length, 10);
    assert.deepEqual(lines.slice(10), ["lost 49995 even", "lost 49995 odd", "after"]);
  });

  test("are tried again until they can be written; an error and its end are reported once", async () => {
    const disk = stoppable();
    const told: unknown[] = [];
    const buffer = bufferTo(disk.sink, {
      maxBytes: 100,
      onTrouble: ({ message }) => void told.push(message),
      onRecovery: (lost) => void told.push(lost),
    });
    disk.fail("ENOSPC");
    for (let n = 0; n < 200; n++) buffer.add("r", 1, () => [`line ${n}`]);
    await sleep(50);
    assert.equal(buffer.trouble?.message, "ENOSPC");
    assert.deepEqual(told, ["ENOSPC"]);
    disk.fail(undefined);
    await buffer.release();
    assert.deepEqual(told, ["ENOSPC", 200 - buffer.written]);
    assert.match(disk.text(), /^line 0\nline 1\n[^l]*(line \d+\n)+lost \d+ r\n$/);
    assert.equal(buffer.written + buffer.lost, 200);
  });

  test("never keep the process waiting at its end, and are counted then", async () => {
    const disk = stoppable();
    disk.stop();
    const buffer = bufferTo(disk.sink, { maxBytes: 100 });
    for (let n = 0; n < 20; n++) buffer.add("r", 3, () => ["1", "2", "3"]);
    buffer.add("r", 7, () => ["x".repeat(1000)]);
    assert.equal(await buffer.close(20), 67);
  });
});

suite("lines that must not be lost", () => {
  test("resolve once they are written", async () => {
    const disk = stoppable();
    disk.stop();
    const buffer = bufferTo(disk.sink);
    let isWritten = false;
    const writing = buffer.write(["alert"], never).then(() => (isWritten = true));
    await sleep(20);
    assert.equal(isWritten, false);
    disk.goOn();
    await writing;
    assert.equal(disk.text(), "alert\n");
  });

  test("wait for room on the disk, but every other error is reported", async () => {
    const disk = stoppable();
    const buffer = bufferTo(disk.sink);
    disk.fail("EACCES");
    await assert.rejects(buffer.write(["refused"], never), /EACCES/);
    disk.fail("ENOSPC");
    const writing = buffer.write(["waits"], never);
    await sleep(30);
    disk.fail(undefined);
    await writing;
    assert.equal(disk.text(), "waits\n");
  });

  test("are given up on request, with the reason, and not written later", async () => {
    const disk = stoppable();
    const buffer = bufferTo(disk.sink);
    disk.fail("ENOSPC");
    await assert.rejects(buffer.write(["given up"], AbortSignal.timeout(30)), /ENOSPC/);
    disk.stop();
    disk.fail(undefined);
    buffer.add("r", 1, () => ["later"]);
    disk.goOn();
    await buffer.close(1000);
    assert.equal(disk.text(), "later\n");
  });
});

test("only so many pieces of work are under way", async () => {
  const turns = takeTurns(2);
  let [running, most] = [0, 0];
  await Promise.all(
    Array.from({ length: 10 }, async () =>
      turns(async () => {
        most = Math.max(most, ++running);
        await sleep(2);
        running--;
      }),
    ),
  );
  assert.equal(most, 2);
});
