import assert from "node:assert/strict";
import { test } from "node:test";
import { Followers, type FollowerStream } from "../../../daemon/api/followers.ts";
import type { EventRecord } from "../../../daemon/sample/sample.ts";

/** A reader that takes nothing while `isStopped`. */
class Reader implements FollowerStream {
  isStopped = false;
  ended = "";
  readonly lines: Readonly<Record<string, unknown>>[] = [];
  #waiting = 0;

  get writableLength(): number {
    return this.isStopped ? this.#waiting : 0;
  }

  write(text: string): void {
    this.#waiting += text.length;
    this.lines.push(JSON.parse(text) as Record<string, unknown>);
  }

  end(text: string): void {
    this.ended = text;
  }

  get kinds(): readonly unknown[] {
    return this.lines.map(({ kind }) => kind);
  }
}

const record: EventRecord = { rule: "r", timeNs: 1n, fields: { command: "x".repeat(1024) }, truncated: [] };

test("a stopped reader gets at most a backlog and then the number of lines that it lost; others lose none", () => {
  let nowMs = 0;
  const followers = new Followers({ bootMs: () => nowMs, unixMs: () => nowMs });
  const [slow, fast, other] = [new Reader(), new Reader(), new Reader()];
  followers.add(slow, []);
  followers.add(fast, ["r"]);
  followers.add(other, ["s"]);
  slow.isStopped = true;
  followers.records({ rule: "r", items: Array.from({ length: 1000 }, () => record) });
  assert.equal(fast.lines.length, 1001);
  assert.ok(slow.lines.length < 300, String(slow.lines.length));
  assert.deepEqual(other.kinds, ["start"]);
  const sent = slow.lines.length - 1;
  followers.step();
  assert.equal(slow.lines.length - 1, sent);
  slow.isStopped = false;
  followers.step();
  assert.deepEqual(slow.lines.at(-1), { kind: "dropped", count: 1000 - sent });

  followers.records({ rule: "r", items: Array.from({ length: 5000 }, () => record) });
  followers.step();
  assert.deepEqual(fast.lines.at(-1), { kind: "dropped", count: 4000 });
  nowMs += 1000;
  followers.records({ rule: "r", items: [record] });
  assert.equal(fast.lines.at(-1)?.["kind"], "record");
  followers.close();
  assert.match(fast.ended, /"kind":"end"/);
  assert.throws(() => followers.assertRoom(), /the daemon is stopping/);
});
