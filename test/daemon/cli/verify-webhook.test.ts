import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";

const MAIN = join(import.meta.dirname, "../../../daemon/main.ts");
const folder = mkdtempSync(join(tmpdir(), "bpfwarden-verify-"));
after(() => rmSync(folder, { recursive: true }));

/** The example of the specification's reference libraries. */
const KEY = join(folder, "key");
writeFileSync(KEY, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
const BODY = '{"test": 2432232314}';
const ID = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const SECONDS = "1614265330";
const SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

interface Request {
  readonly id?: string;
  readonly timestamp?: string;
  readonly signature?: string;
  readonly body?: string;
  readonly key?: string;
}

function verify(
  { id = ID, timestamp = SECONDS, signature = SIGNATURE, body = BODY, key = KEY }: Request,
  ...more: string[]
) {
  const headers = ["--id", id, "--timestamp", timestamp, "--signature", signature];
  const args = [MAIN, "verify-webhook", "--key", key, ...headers, ...more];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { input: body, encoding: "utf8" });
  return { status, text: stdout + stderr };
}

suite("verify-webhook", () => {
  test("takes the specification's example, from standard input or a file", () => {
    const { status, text } = verify({});
    assert.equal(status, 0, text);
    assert.match(text, /^the signature is right; the request was signed \d+d\d*h? ago\n$/);
    writeFileSync(join(folder, "body"), BODY);
    assert.equal(verify({ body: "" }, join(folder, "body")).status, 0);
    assert.match(verify({}, "--json").text, /^\{"ok":true,"ageMs":\d+\}\n$/);
  });

  test("takes one of several signatures, as after a change of the key", () => {
    assert.equal(verify({ signature: `v1,b3RoZXI= ${SIGNATURE} v1a,b3RoZXI=` }).status, 0);
  });

  test("refuses another body, id, timestamp, key or signature, and says so", () => {
    const other = join(folder, "other");
    writeFileSync(other, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx");
    const not = "bpfwarden: error: the signature is not one of this id, timestamp and body by this key\n";
    for (const wrong of [{ body: `${BODY}\n` }, { id: "msg" }, { timestamp: "1614265331" }, { key: other }])
      assert.deepEqual(verify(wrong), { status: 1, text: not }, JSON.stringify(wrong));
    assert.match(
      verify({ signature: "v1a,AAAA" }).text,
      /expected a signature that begins with "v1,", found "v1a,AAAA"/,
    );
    assert.match(verify({ timestamp: "yesterday" }).text, /expected Unix seconds as the timestamp, found "yesterday"/);
    assert.deepEqual(verify({ id: "msg" }, "--json"), {
      status: 1,
      text: `${JSON.stringify({ ok: false, fault: not.slice(18, -1) })}\n`,
    });
  });

  test("a missing option or file is wrong usage or an error, in one line", () => {
    const bare = spawnSync(process.execPath, [MAIN, "verify-webhook"], { encoding: "utf8", input: "" });
    assert.equal(bare.status, 2);
    const { status, text } = verify({ key: join(folder, "nothing") });
    assert.equal(status, 1);
    assert.match(text, /^bpfwarden: error: ENOENT.*\n$/);
  });
});
