import assert from "node:assert/strict";
import { test } from "node:test";
import { readSettingsOf } from "../../../daemon/settings/read-settings.ts";

const read = (text: string, environment: Readonly<Record<string, string>>) =>
  readSettingsOf([{ path: "bpfwarden.yaml", text }], { folder: "/etc/bpfwarden", hostname: "web1", environment });

test("a label can be a variable of the environment", () => {
  const text = "labels: {region: env:REGION, site: 'env:a b', instance: env:HOST_NAME}\n";
  const { result, diagnostics } = read(text, { REGION: "eu-1", HOST_NAME: "db7" });
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(result?.labels, { instance: "db7", region: "eu-1", site: "env:a b" });
});

test("a label whose variable is not set is an error that says what to do", () => {
  for (const environment of [{}, { REGION: "" }]) {
    const { result, diagnostics } = read("labels: {region: env:REGION}\n", environment);
    assert.equal(result, undefined);
    const [{ code, message, help, span } = {}, ...others] = diagnostics;
    assert.deepEqual([code, message, others], ["missing-variable", 'the environment variable "REGION" is not set', []]);
    assert.match(help ?? "", /Environment=REGION=VALUE by systemctl edit bpfwarden/);
    assert.equal(span?.start, "labels: {region: ".length);
  }
});
