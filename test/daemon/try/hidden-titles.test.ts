import assert from "node:assert/strict";
import { test } from "node:test";
import { hiddenTitles, tableLines, type TableColumn } from "../../../daemon/try/table.ts";

const column = (title: string, cell: string, least?: number): TableColumn => ({
  ...{ title, align: "left", cells: [cell] },
  ...(least !== undefined && { least }),
});

test("a table names the columns for which a terminal has no room", () => {
  const table = [column("RULE", "page-cache-hit-ratio", 8), column("CPU", "0.4%"), column("LOST", "nothing")];
  assert.deepEqual(hiddenTitles(table, 80), []);
  assert.deepEqual(hiddenTitles(table, 14), ["LOST"]);
  assert.ok(tableLines(table, 14).every((line) => !line.includes("LOST")));
});
