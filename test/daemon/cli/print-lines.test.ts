import assert from "node:assert/strict";
import { test } from "node:test";
import { outputColumns } from "../../../daemon/cli/print-lines.ts";

test("lines fit the terminal; 0 columns, as on a serial console, are an unknown width", () => {
  assert.equal(outputColumns({ isTTY: true, columns: 80 }), 80);
  assert.ok(outputColumns({ isTTY: true, columns: 0 }) >= 120);
});
