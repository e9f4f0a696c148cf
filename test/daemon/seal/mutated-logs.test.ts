import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { faultLine, faultText } from "../../../daemon/seal/log-fault.ts";
import { verifierKey } from "../../../daemon/seal/note.ts";
import { verifyLog } from "../../../daemon/seal/verify-log.ts";
import { Random } from "../../kernel/compile/random-rules-random.ts";
import { filesOf, MUTATIONS } from "./mutations.ts";
import { newKey, openSealed, ORIGIN, recordLine } from "./sealed-fixture.ts";

/** SEAL_MUTATIONS and SEAL_RECORDS: more of them, for a longer look. */
const COUNT = Number(process.env["SEAL_MUTATIONS"] ?? 96);
const RECORDS = Number(process.env["SEAL_RECORDS"] ?? 1000);

test("each random change of a sealed log is found, with its place", async () => {
  const privateKey = newKey();
  await using sealed = openSealed({ maxBytes: RECORDS * 30, privateKey });
  for (let number = 0; number < RECORDS; number += 50)
    await sealed.write(...Array.from({ length: 50 }, (_, index) => recordLine(number + index)));
  await sealed.log.release();
  const keys = [verifierKey(ORIGIN, privateKey)];
  const untouched = await verifyLog({ path: sealed.path, keys, witnessed: [] });
  assert.deepEqual(untouched.faults, []);
  assert.equal(untouched.intact, untouched.sealed);
  assert.ok(untouched.files > 3, "the log must have several files");
  for (let seed = 0; seed < COUNT; seed++) await changeAndVerify(sealed.folder, seed, keys);
});

async function changeAndVerify(
  original: string,
  seed: number,
  keys: readonly ReturnType<typeof verifierKey>[],
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "mutated-"));
  try {
    cpSync(original, folder, { recursive: true, preserveTimestamps: true });
    const path = join(folder, "audit.jsonl");
    const mutate = MUTATIONS[seed % MUTATIONS.length];
    assert.ok(mutate);
    const { what, path: changed, line } = mutate(await filesOf(path), new Random(seed), path);
    const { faults } = await verifyLog({ path, keys, witnessed: [] });
    const found = faults.map((each) => `${each.path}:${faultLine(each.fault)}: ${faultText(each.fault)}`).join("\n");
    const isFound = faults.some(
      (each) => line === undefined || (each.path === changed && Math.abs((faultLine(each.fault) ?? 0) - line) <= 1),
    );
    assert.ok(isFound, `seed ${seed}: ${what} in ${changed}:${line}\nfound:\n${found}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
