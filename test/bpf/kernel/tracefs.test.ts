import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { KernelFactsError } from "../../../bpf/kernel/kernel-facts-error.ts";
import { findTracefs, openTracefs } from "../../../bpf/kernel/tracefs.ts";

const folder = mkdtempSync(join(tmpdir(), "tracefs-"));
after(() => rmSync(folder, { recursive: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

put("available_events", "tcp:tcp_probe\nblock:block_rq_issue\n");
put("events/tcp/tcp_probe/format", "name: tcp_probe\nID: 7\nformat:\n");
put("events/ftrace/print/format", "name: print\nID: 5\nformat:\n");
put("format", "ID: 1\n");

const tracefs = openTracefs(folder, () => ({ type: () => undefined, enumerator: () => undefined }));

test("tracepoints are listed, sorted", () => {
  assert.deepEqual(tracefs.tracepoints(), [
    { category: "block", name: "block_rq_issue" },
    { category: "tcp", name: "tcp_probe" },
  ]);
});

test("a tracepoint is read by category and name", () => {
  assert.deepEqual(tracefs.tracepoint("tcp", "tcp_probe"), { category: "tcp", name: "tcp_probe", id: 7, fields: [] });
  assert.equal(tracefs.tracepoint("tcp", "absent"), undefined);
  assert.equal(tracefs.tracepoint("tcp_probe", "tcp"), undefined);
});

test("names from rule files cannot lead outside of the folder", () => {
  for (const name of ["..", ".", "", "../..", "tcp_probe/../tcp_probe", "a\0b"]) {
    assert.equal(tracefs.tracepoint("tcp", name), undefined, name);
  }
});

test("records without an attach point are not tracepoints", () => {
  assert.equal(tracefs.tracepoint("ftrace", "print"), undefined);
});

test("tracefs is found at its mount point, or else the error says how to mount it", () => {
  assert.equal(findTracefs([join(folder, "absent"), folder]), folder);
  assert.throws(
    () => findTracefs([join(folder, "absent")]),
    (error) => error instanceof KernelFactsError && error.message.includes("mount -t tracefs"),
  );
});
