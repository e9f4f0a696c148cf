import assert from "node:assert/strict";
import { test } from "node:test";
import { BoundedLines } from "../../../daemon/service/bounded-lines.ts";

test("a line longer than the limit is lost, and the next one is written after it", () => {
  const written: string[] = [];
  const lines = new BoundedLines({
    tryWrite: (bytes) => {
      written.push(bytes.toString());
      return Buffer.alloc(0);
    },
    write: () => Promise.resolve(),
    maxBytes: 10,
    lossLine: (lost) => `${lost} lost\n`,
  });
  lines.write("much too long for it\n");
  lines.write("short\n");
  assert.deepEqual(written, ["1 lost\n", "short\n"]);
});
