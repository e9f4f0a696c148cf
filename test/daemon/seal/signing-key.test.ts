import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { signingKeyIn, signingKeyOf } from "../../../daemon/seal/signing-key.ts";

test("a key is made once, for its owner alone, and openssl reads it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "signing-key-"));
  const path = join(folder, "seal-key.pem");
  // A process that ended while it wrote the file.
  writeFileSync(`${path}.new`, "");
  const made = await signingKeyIn(path);
  assert.ok(made.equals(await signingKeyIn(path)));
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.ok(!existsSync(`${path}.new`));
  const { stdout } = spawnSync("openssl", ["pkey", "-in", path, "-noout", "-text"], { encoding: "utf8" });
  assert.match(stdout, /^ED25519 Private-Key/);
  rmSync(folder, { recursive: true });
});

test("another text or kind of key is refused, without showing any of it", () => {
  assert.throws(() => signingKeyOf("not a key", "x"), /expected a private key in PEM in x, found other content/);
  const rsa = spawnSync("openssl", ["genpkey", "-algorithm", "rsa"], { encoding: "utf8" }).stdout;
  assert.throws(() => signingKeyOf(rsa, "x"), /expected an Ed25519 key in x, found another kind of key: rsa/);
});
