import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { bpfwarden } from "./run-command.ts";

/** Wrong by itself, so that no kernel is needed to find that. */
const FAULTY = "rule: faulty\nprobe: tracepoint:signal:signal_generate\nfilter: uid = 0\naggregate: count()\n";

/** A folder as `run` takes it. */
function configuration(context: TestContext, settings: string, rules: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-check-"));
  context.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "rules.d"));
  writeFileSync(join(folder, "bpfwarden.yaml"), settings);
  for (const [name, text] of Object.entries(rules)) writeFileSync(join(folder, "rules.d", name), text);
  return folder;
}

function problems(paths: readonly string[]): readonly (readonly [path: string, code: string])[] {
  const { exit, output } = bpfwarden(["check", "--json", ...paths]);
  assert.equal(exit, 1);
  const report = JSON.parse(output) as {
    readonly problems: readonly { readonly path: string; readonly code: string }[];
  };
  return report.problems.map(({ path, code }) => [path, code]);
}

const rule = (name: string, action: string): string =>
  `rule: ${name}\nprobe: tracepoint:sched:sched_switch\naggregate: count()\nthreshold: value > 1\naction: ${action}\n`;

test("the rules of a folder with settings must name actions of these", (context) => {
  const folder = configuration(context, "actions: {oncall: {log: {path: a.jsonl}}}\n", {
    "good.yaml": rule("good", "oncall"),
    "bad.yaml": rule("bad", "onccall"),
  });
  const found = problems([folder]);
  assert.deepEqual(found, [[join(folder, "rules.d/bad.yaml"), "unknown-action"]]);
});

test("faulty settings are reported, and so are faulty rules", (context) => {
  const folder = configuration(context, "tick: 1ns\n", { "faulty.yaml": FAULTY });
  const [settings, ...rules] = problems([folder]);
  assert.equal(settings?.[0], join(folder, "bpfwarden.yaml"));
  assert.deepEqual(rules, [[join(folder, "rules.d/faulty.yaml"), "assignment"]]);
});

test("the last line counts the rule files and names the settings separately", (context) => {
  const folder = configuration(context, "tick: 1s\n", { "a.yaml": FAULTY, "b.yaml": "# none\n" });
  assert.match(
    bpfwarden(["check", folder]).errors,
    /^1 rule in 2 files and the settings checked: 1 error, 0 warnings$/m,
  );
  const paths = [folder, configuration(context, "tick: 0s\n", {})];
  assert.match(bpfwarden(["check", ...paths]).errors, /^1 rule in 2 files and 2 files of settings checked: /m);
});

test("a secret that others can read is a warning, not an error", (context) => {
  const settings = "actions: {hook: {webhook: {url: 'https://h.example.org/services/T0'}}}\n";
  const folder = configuration(context, settings, {});
  chmodSync(folder, 0o755);
  chmodSync(join(folder, "bpfwarden.yaml"), 0o644);
  const { exit, errors } = bpfwarden(["check", folder]);
  assert.equal(exit, 0, errors);
  assert.match(errors, /bpfwarden.yaml:1:\d+: warning: .* found that everybody can \[exposed-settings\]/);
  assert.doesNotMatch(errors, /T0/);
  chmodSync(folder, 0o700);
  assert.doesNotMatch(bpfwarden(["check", folder]).errors, /exposed-settings/);
});

test("a missing secret is a warning, an impossible URL is an error, and neither is shown", (context) => {
  const folder = configuration(context, "actions: {hook: {webhook: {url: 'file:hook'}}}\n", {});
  const missing = bpfwarden(["check", folder]);
  assert.equal(missing.exit, 0, missing.errors);
  assert.match(missing.errors, /yaml:1:33: warning: .*\/hook does not exist \[missing-secret\]/);
  writeFileSync(join(folder, "hook"), "hunter2\n", { mode: 0o600 });
  const bad = bpfwarden(["check", folder]);
  assert.equal(bad.exit, 1);
  assert.match(bad.errors, /yaml:1:33: expected an http or https URL in .*, found another text \[bad-secret\]\n/);
  writeFileSync(join(folder, "hook"), "https://hunter2.invalid/x\n", { mode: 0o600 });
  const unknown = bpfwarden(["check", folder]);
  assert.equal(unknown.exit, 0, unknown.errors);
  assert.match(unknown.errors, /warning: the host of the secret "file:\/.*\/hook" cannot be looked up: /);
  assert.doesNotMatch(missing.errors + bad.errors + unknown.errors, /hunter/);
});

test("credentials and the environment are the service's: a check by hand looks only at those that exist", (context) => {
  const settings =
    "actions: {a: {webhook: {url: 'env:HOOK'}}, b: {webhook: {url: 'credential:hook'}}}\n" +
    "defaults: {action: [a, b]}\n";
  const folder = configuration(context, settings, {});
  const { exit, errors } = bpfwarden(["check", folder]);
  assert.deepEqual([exit, errors], [0, ""]);
  const service = ["env", "HOOK=hunter2", `CREDENTIALS_DIRECTORY=${folder}`];
  const here = bpfwarden(["check", folder], service);
  assert.equal(here.exit, 1);
  assert.match(here.errors, /in the secret "env:HOOK", found another text \[bad-secret\]/);
  assert.match(here.errors, /the secret "credential:hook" cannot be read: .*\/hook does not exist \[missing-secret\]/);
});

test("a receiver's host that cannot be looked up is a warning, not an error", (context) => {
  const settings =
    "actions: {hook: {webhook: {url: 'https://no-such-host.invalid'}}, here: {webhook: {url: 'http://127.0.0.1:9'}}}\n" +
    "defaults: {action: [hook, here]}\n";
  const { exit, errors } = bpfwarden(["check", configuration(context, settings, {})]);
  assert.equal(exit, 0, errors);
  assert.match(errors, /yaml:1:33: warning: the host "no-such-host.invalid" cannot be looked up: .* \[unknown-host\]/);
  assert.equal(errors.split("warning:").length, 2, errors);
});

test("the hosts of an action that only a faulty rule names are looked up too", (context) => {
  const folder = configuration(context, "", { "faulty.yaml": `${FAULTY}action: scren\n` });
  const codes = problems([folder]).map(([, code]) => code);
  assert.deepEqual(codes.toSorted(), ["assignment", "unknown-action"]);
});

test("rules of different paths must have different names", (context) => {
  const folder = configuration(context, "", { "a.yaml": rule("same", "screen"), "b.yml": "# none\n" });
  const other = join(folder, "other.yaml");
  writeFileSync(other, rule("same", "screen"));
  const found = problems([join(folder, "rules.d/a.yaml"), other]);
  assert.deepEqual(found, [[other, "duplicate-rule"]]);
});

/** A folder with settings, a fragment and no rules. */
function settingsOnly(context: TestContext, settings: string, fragment: string): string {
  const folder = configuration(context, settings, {});
  mkdirSync(join(folder, "bpfwarden.yaml.d"));
  writeFileSync(join(folder, "bpfwarden.yaml.d/site.yaml"), fragment);
  return folder;
}

test("settings and their fragments are checked alone, by their folder or file", (context) => {
  const actions = "actions: {oncall: {log: {path: a.jsonl}}}\n";
  const folder = settingsOnly(context, actions, "labels: {region: env:REGION_OF_TEST}\ndefaults: {action: oncall}\n");
  for (const path of [folder, join(folder, "bpfwarden.yaml")]) {
    const good = bpfwarden(["check", "--settings", path], ["env", "REGION_OF_TEST=eu"]);
    assert.deepEqual([good.exit, good.errors], [0, ""]);
    assert.equal(good.output.trim(), "2 files of settings checked, no problem found");
    const bad = bpfwarden(["check", "--settings", path]);
    assert.equal(bad.exit, 1);
    assert.match(
      bad.errors,
      /bpfwarden\.yaml\.d\/site\.yaml:1:18: the environment variable "REGION_OF_TEST" is not set/,
    );
  }
  assert.equal(bpfwarden(["check", "--settings", join(folder, "nowhere.yaml")]).exit, 1);
});

test("settings are checked together with rules of other paths, which must name their actions", (context) => {
  const folder = settingsOnly(context, "", "actions: {oncall: {log: {path: a.jsonl}}}\n");
  const rules = configuration(context, "", { "a.yaml": rule("a", "oncall"), "b.yaml": rule("b", "onccall") });
  const found = problems(["--settings", folder, join(rules, "rules.d")]);
  assert.deepEqual(found, [[join(rules, "rules.d/b.yaml"), "unknown-action"]]);
});

test("check without any path is wrong usage", () => {
  const { exit, errors } = bpfwarden(["check"]);
  assert.equal(exit, 2);
  assert.match(errors, /expected a path of rules, or --settings with a path of settings/);
});
