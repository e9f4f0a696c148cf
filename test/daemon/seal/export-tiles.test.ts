import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { exportTiles } from "../../../daemon/seal/export-tiles.ts";
import { openSealed, recordLine, type Sealed } from "./sealed-fixture.ts";

/** Writes so many records, with the one about the begin of the seal. */
async function fill(sealed: Sealed, count: number): Promise<void> {
  for (let first = 1; first < count; first += 1000)
    await sealed.write(
      ...Array.from({ length: Math.min(1000, count - first) }, (_, index) => recordLine(first + index)),
    );
  await sealed.log.release();
}

for (const count of [2, 255, 256, 257, 70_000])
  test(`a log of ${count} records is a tiled log, as Python reads it from the standard`, async () => {
    await using sealed = openSealed({ maxBytes: 2_000_000 });
    await fill(sealed, count);
    const folder = join(sealed.folder, "tlog");
    assert.deepEqual(await exportTiles(sealed.path, folder), { size: count, firstEntry: 0 });
    const { stdout, stderr } = spawnSync("python3", [join(import.meta.dirname, "tiles.py"), folder], {
      encoding: "utf8",
    });
    assert.equal(stderr, "");
    assert.deepEqual(JSON.parse(stdout), {
      ...{ size: count, entries: true, tiles: true, inner: true },
      last: recordLine(count - 1),
    });
  });

test("records whose file is gone have hashes and no entries", async () => {
  await using sealed = openSealed({ maxBytes: 20_000 });
  await fill(sealed, 3000);
  rmSync(`${sealed.path}.2`);
  const exported = await exportTiles(sealed.path, join(sealed.folder, "tlog"));
  assert.ok(typeof exported !== "string" && exported.firstEntry > 0 && exported.firstEntry % 256 === 0);
});
