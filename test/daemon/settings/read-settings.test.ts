import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { formatDiagnostics } from "../../../bpf/source/format-diagnostic.ts";
import { readSettings } from "../../../daemon/settings/read-settings.ts";
import { parseSecret, resolveSecret } from "../../../daemon/settings/values/secret.ts";
import type { Settings } from "../../../daemon/settings/settings.ts";

describe("readSettings", () => {
  test("has defaults for a host without a file", () => {
    const { result } = readSettings(undefined, "/etc/bpfwarden", "db1");
    assert.deepEqual(result, {
      actions: new Map([["screen", { name: "screen", kind: "log", path: "-", maxBytes: Infinity, keep: 1 }]]),
      smtp: { host: "localhost", port: 25, tls: "opportunistic" },
      labels: { instance: "db1" },
      defaults: { actions: ["screen"], windowMs: 60_000 },
      notify: {
        route: {
          ...{
            key: "{}",
            matchers: [],
            actions: ["screen"],
            groupBy: ["rule"],
            groupWaitMs: 0,
            groupIntervalMs: 60_000,
          },
          ...{ repeatMs: 14_400_000, continue: false, allRules: false, routes: [] },
        },
        inhibit: [],
        budget: { rule: 60, action: 600 },
      },
      limits: {
        keys: 10_000,
        memoryBytes: 64 * 1024 * 1024,
        ringBytes: 1024 * 1024,
        series: 1000,
        records: 1000,
        spans: 10_240,
        outboxBytes: 64 * 1024 * 1024,
        cpu: 0.05,
      },
      history: { retainMs: 90 * 86_400_000, rows: 50_000 },
      tickMs: 1000,
      redact: true,
      stateDir: "/etc/bpfwarden/state",
      socket: "/run/bpfwarden/control.sock",
    } satisfies Settings);
    assert.deepEqual(readSettings({ path: "x", text: "# nothing\n" }, "/etc/bpfwarden", "db1").result, result);
  });

  test("reads every key", () => {
    const settings = read(`
actions:
  oncall: {webhook: {url: credential:oncall, timeout: 3s}}
  chat:   {webhook: {url: "https://example.org/hook"}}
  mail:   {email: {to: ops@example.org, from: w@example.org}}
  audit:  {log: {path: audit.jsonl}}
  small:  {log: {path: small.jsonl, max_size: 1MiB, keep: 3}}
  grows:  {log: {path: grows.jsonl, max_size: none}}
smtp: {host: mail, port: 587, tls: required, user: alerts, password: file:smtp.secret}
labels: {site: 1.10}
defaults: {action: [oncall, mail], window: 5m}
limits: {keys: 500, memory: 1MiB, ring: 131072, records: 50, spans: 20, series: 30, outbox: 32MiB, cpu: 12.5%}
http: {listen: "[::1]:9000", hosts: [Metrics.example.org]}
history: {retain: 30d, rows: 0}
tick: 500ms
state_dir: /var/lib/bpfwarden
`);
    assert.deepEqual(
      [...settings.actions.values()].map(({ span: _span, ...action }) => action),
      [
        { name: "screen", kind: "log", path: "-", maxBytes: Infinity, keep: 1 },
        { name: "oncall", kind: "webhook", url: { from: "credential", name: "oncall" }, timeoutMs: 3000 },
        { name: "chat", kind: "webhook", url: { from: "plain", value: "https://example.org/hook" }, timeoutMs: 10_000 },
        { name: "mail", kind: "email", to: ["ops@example.org"], from: "w@example.org" },
        { name: "audit", kind: "log", path: "/etc/bpfwarden/audit.jsonl", maxBytes: 104_857_600, keep: 10 },
        { name: "small", kind: "log", path: "/etc/bpfwarden/small.jsonl", maxBytes: 1_048_576, keep: 3 },
        { name: "grows", kind: "log", path: "/etc/bpfwarden/grows.jsonl", maxBytes: Infinity, keep: 10 },
      ],
    );
    assert.deepEqual(settings.smtp.password, { from: "file", name: "/etc/bpfwarden/smtp.secret" });
    assert.deepEqual(settings.labels, { instance: "db1", site: "1.10" });
    assert.deepEqual(settings.history, { retainMs: 30 * 86_400_000, rows: 0 });
    assert.deepEqual(settings.limits, {
      keys: 500,
      memoryBytes: 1_048_576,
      ringBytes: 131_072,
      series: 30,
      records: 50,
      spans: 20,
      outboxBytes: 32 * 1024 * 1024,
      cpu: 0.125,
    });
    assert.deepEqual(settings.http, { address: { host: "::1", port: 9000 }, hosts: ["metrics.example.org"] });
    assert.deepEqual(settings.defaults.actions, ["oncall", "mail"]);
    assert.deepEqual(
      [settings.tickMs, settings.defaults.windowMs, settings.stateDir],
      [500, 300_000, "/var/lib/bpfwarden"],
    );
  });

  test("reports a default action that does not exist", () => {
    const text = "actions: {oncall: {log: {path: x}}}\ndefaults: {action: [oncall, onkall, screen]}\n";
    const { diagnostics } = readSettings({ path: "x", text }, "/etc/bpfwarden", "db1");
    assert.deepEqual(
      diagnostics.map(({ code, span }) => [code, text.slice(span.start, span.end)]),
      [["no-such-action", "onkall"]],
    );
  });

  test("accepts a user without guaranteed TLS only for this host", () => {
    const problems = (smtp: string): number =>
      readSettings({ path: "x", text: `smtp: {${smtp}, user: me, password: env:P}` }, "/etc", "db1").diagnostics.length;
    for (const tls of ["required", "implicit"]) assert.equal(problems(`host: mail, tls: ${tls}`), 0, tls);
    for (const tls of ["opportunistic", "none"]) {
      assert.equal(problems(`host: mail, tls: ${tls}`), 1, tls);
      assert.equal(problems(`host: 127.0.0.1.example.org, tls: ${tls}`), 1, tls);
      for (const host of ["localhost", "127.0.0.1", '"::1"']) assert.equal(problems(`host: ${host}, tls: ${tls}`), 0);
    }
    assert.equal(problems("host: mail"), 1);
    assert.equal(problems("port: 25"), 0);
  });

  test("shows no secret in any message", () => {
    const lines = [
      "password: hunter2 x: y",
      'password: "hunter2',
      "password: !hunter2 x",
      "password: &hunter2 x",
      "password: *hunter2",
      "password: [hunter2]",
      "password: {hunter2: }",
      "password: |\n    hunter2\n   bad",
      "{host: x, password: hunter2, password: hunter2, port: hunter}",
      "password : 'hunter2'",
      '"password": hunter2 # hunter2',
    ];
    for (const line of lines) {
      const { result, diagnostics } = readSettings({ path: "x", text: `smtp:\n  ${line}\n` }, "/etc", "db1");
      assert.equal(result, undefined, line);
      assert.doesNotMatch(formatDiagnostics(diagnostics), /hunter2/, line);
    }
    const wholes = [
      "smtp: {passwrd: hunter2, host: x}",
      "smtp:\n  pw: hunter2",
      "smtp:\n  password:\n    hunter2\n  port: x",
      "smtp:\n  password:\n  - hunter2",
      "smtp:\n  password:\n    a: hunter2",
      "smtp: {user: a, password: !!str hunter2}",
      "actions: {a: {webhook: 'https://hooks.example.org/services/hunter2'}}",
      "actions: {a: {webhook: {urll: 'https://u:hunter2@hooks.example.org/services/hunter2?x=hunter2'}}}",
      "actions:\n  a: {webhook: {url: https://hooks.example.org/hunter2, timeout: x}}",
      "actions:\n  a: {webhook: {token: hunter2, url: 'http://x/y'}}",
      "actions:\n  a: https://hooks.example.org/hunter2",
      "actions:\n  a:\n    webhook:\n      headers: {Authorization: Bearer hunter2}\n      url: https://x/",
    ];
    for (const text of wholes) {
      const { diagnostics } = readSettings({ path: "x", text }, "/etc", "db1");
      assert.ok(diagnostics.length > 0, text);
      assert.doesNotMatch(formatDiagnostics(diagnostics), /hunter2/, text);
    }
    const url = readSettings(
      { path: "x", text: "actions: {a: {webhook: {url: ftp://hunter2/, x: 1}}}" },
      "/etc",
      "db1",
    );
    assert.doesNotMatch(formatDiagnostics(url.diagnostics), /hunter2/);
  });
});

test("durations that no clock can hold are refused", () => {
  const faults = (text: string): number => readSettings({ path: "x", text }, "/etc", "db1").diagnostics.length;
  assert.equal(faults("notify: {repeat: 100000000d}"), 1);
  assert.equal(faults("actions: {a: {webhook: {url: 'http://x/', timeout: 25d}}}"), 1);
  assert.equal(faults("notify: {repeat: 30d}"), 0);
  assert.equal(faults("actions: {a: {webhook: {url: 'http://x/', timeout: 10m}}}"), 0);
});

describe("resolveSecret", () => {
  test("reads credentials, files and variables, and names missing ones", (context) => {
    const folder = mkdtempSync(join(tmpdir(), "bpfwarden-"));
    context.after(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "smtp"), "s3cret\n");
    writeFileSync(join(folder, "empty"), "\n");
    const environment = { CREDENTIALS_DIRECTORY: folder, TOKEN: "t0ken" };
    const resolved = (text: string): string => resolveSecret(parseSecret(text, folder), environment);
    assert.equal(resolved("credential:smtp"), "s3cret");
    assert.equal(resolved("file:smtp"), "s3cret");
    assert.equal(resolved("env:TOKEN"), "t0ken");
    assert.equal(resolved("https://example.org"), "https://example.org");
    assert.throws(() => resolved("credential:none"), /"credential:none" cannot be read: .* does not exist/);
    assert.throws(() => resolved("credential:../smtp"), /without "\/"/);
    assert.throws(() => resolved("file:empty"), /is empty/);
    assert.throws(() => resolved("env:NONE"), /"NONE" is not set/);
    assert.throws(() => resolveSecret({ from: "credential", name: "a" }, {}), /LoadCredential=a/);
  });
});

function read(text: string): Settings {
  const { result, diagnostics } = readSettings({ path: "bpfwarden.yaml", text }, "/etc/bpfwarden", "db1");
  assert.equal(formatDiagnostics(diagnostics), "");
  return result ?? assert.fail();
}
