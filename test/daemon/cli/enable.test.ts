import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { findConfiguration } from "../../../daemon/rules/find-configuration.ts";
import { impostor, onlyDaemon, runBeside } from "./impostor.ts";
import { bpfwarden } from "./run-command.ts";
import { FORKS, ruleFiles } from "./rule-files/configuration-folder.ts";

const LIBRARY = join(import.meta.dirname, "../../../rules.d/library");
const TWO = `${FORKS}---\n${FORKS.replace("rule: forks", "rule: other")}`;
const OFF = '# Written by "bpfwarden disable". "bpfwarden enable" removes it.\n';

const NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

/** The rules that the daemon would run with a folder. */
async function running(folder: string): Promise<readonly string[]> {
  const found = await findConfiguration(folder, "host", { settings: undefined, hasSettingsFile: false }, new Map());
  return found.rules.map(({ name }) => name.text);
}

describe("enable", () => {
  test("links a rule of the library, once, and disable removes the link", async (context) => {
    const { folder, path, run } = ruleFiles(context, {});
    const target = join(LIBRARY, "network/dns-latency.yaml");
    const first = run("enable", "dns-latency");
    assert.deepEqual([first.exit, first.errors], [0, ""]);
    assert.equal(first.output.split("\n", 1)[0], `created link ${path("dns-latency.yaml")} → ${target}`);
    assert.equal(readlinkSync(path("dns-latency.yaml")), target);
    assert.deepEqual(await running(folder), ["dns-latency"]);
    const again = run("enable", "dns-latency");
    assert.deepEqual([again.exit, again.output], [0, "dns-latency is on already\n"]);
    assert.match(run("disable", "dns-latency").output, /^removed .*\/rules\.d\/dns-latency\.yaml\n/);
    assert.ok(!existsSync(path("dns-latency.yaml")));
    assert.ok(existsSync(target));
    assert.match(run("disable", "dns-latency").output, /^dns-latency is off already: no rules folder has it\n$/);
  });

  test("says what it changed as JSON", (context) => {
    const { folder, path, run } = ruleFiles(context, {});
    const { output } = run("enable", "--json", "dns-latency");
    const target = join(LIBRARY, "network/dns-latency.yaml");
    assert.deepEqual(JSON.parse(output), {
      rules: [{ rule: "dns-latency", changed: true, action: "link", path: path("dns-latency.yaml"), target }],
      note: `no daemon runs with ${folder}: the change applies when one starts`,
    });
    const again = JSON.parse(run("enable", "--json", "dns-latency").output) as object;
    assert.deepEqual(again, { rules: [{ rule: "dns-latency", changed: false, note: "dns-latency is on already" }] });
  });

  test("changes nothing if one of the names is unknown, and says which one was meant", async (context) => {
    const { folder, run } = ruleFiles(context, {});
    const { exit, errors } = run("enable", "slow-fsync", "dns-latencyy");
    assert.equal(exit, 1);
    assert.equal(errors, 'bpfwarden: error: no rule is called "dns-latencyy"; did you mean "dns-latency"?\n');
    assert.deepEqual(await running(folder), []);
  });

  test("never replaces a file or link that is in the way", (context) => {
    for (const make of [
      (path: string) => writeFileSync(path, "rule: mine\n"),
      (path: string) => symlinkSync("/nowhere", path),
      (path: string) => mkdirSync(path),
    ]) {
      const { path, run } = ruleFiles(context, {});
      make(path("dns-latency.yaml"));
      const before = lstatSync(path("dns-latency.yaml"));
      const { exit } = run("enable", "dns-latency");
      assert.equal(exit, 1);
      const { ino, ctimeMs } = lstatSync(path("dns-latency.yaml"));
      assert.deepEqual([ino, ctimeMs], [before.ino, before.ctimeMs]);
    }
  });

  test("writes nothing where others can write, or where a link leads out of the folder", (context) => {
    const { path, run } = ruleFiles(context, { "forks.yaml": FORKS });
    symlinkSync("/tmp", path("forks.yaml.d"));
    const linked = run("disable", "forks");
    assert.equal(linked.exit, 1);
    assert.match(linked.errors, /forks\.yaml\.d\/90-disabled\.yaml: a link leads to /);
    chmodSync(path(""), 0o777);
    const unsafe = run("enable", "dns-latency");
    assert.equal(unsafe.exit, 1);
    assert.match(
      unsafe.errors,
      /expected a folder that only root can write, found ".*rules\.d", which everybody can write/,
    );
    assert.ok(!existsSync(path("dns-latency.yaml")));
  });

  test("refuses masked rules, and rules that somebody disabled otherwise, with the place", (context) => {
    const files = { "forks.yaml": FORKS, "forks.yaml.d/override.yaml": "for: 1s\nenabled: false\n" };
    const { path, run } = ruleFiles(context, files);
    symlinkSync("/dev/null", path("dns-latency.yaml"));
    const { exit, errors } = run("enable", "forks", "dns-latency.yaml");
    assert.equal(exit, 1);
    const place = `${path("forks.yaml.d/override.yaml")}:2`;
    assert.ok(errors.includes(`"forks" is disabled by ${place}, which "bpfwarden disable" did not write`), errors);
    assert.match(
      errors,
      /"dns-latency\.yaml" is masked: remove the link .*dns-latency\.yaml to \/dev\/null to turn it on\n/,
    );
  });
});

describe("disable", () => {
  const needsRoot = process.getuid?.() !== 0 && "needs root";
  test("says so if the daemon runs and does not answer", { skip: needsRoot }, async (context) => {
    const place = await impostor(context, () => undefined);
    mkdirSync(join(place.folder, "rules.d"));
    writeFileSync(join(place.folder, "rules.d/forks.yaml"), FORKS);
    const { code, output } = await runBeside(["disable", "forks", "--config", place.folder], onlyDaemon(place));
    assert.equal(code, 0);
    const said = new RegExp(
      `^the daemon \\(process ${process.pid}\\) does not answer: it reads the change when it can`,
      "m",
    );
    assert.match(output, said);
    assert.doesNotMatch(output, /no daemon runs/);
  });

  test("stops a rule with a drop-in, which enable removes again with its folder", async (context) => {
    const { folder, path, run } = ruleFiles(context, { "forks.yaml": FORKS });
    const dropIn = path("forks.yaml.d/90-disabled.yaml");
    assert.ok(run("disable", "forks").output.startsWith(`wrote ${dropIn}\n`));
    assert.equal(readFileSync(dropIn, "utf8"), `${OFF}rule: forks\nenabled: false\n`);
    assert.deepEqual([lstatSync(dropIn).mode & 0o777, lstatSync(dirname(dropIn)).mode & 0o777], [0o644, 0o755]);
    assert.deepEqual(await running(folder), []);
    const again = run("disable", "forks");
    assert.deepEqual([again.exit, again.output], [0, `forks is off already: ${dropIn}:3 disables it\n`]);
    assert.ok(run("enable", "forks").output.startsWith(`removed ${dropIn}\n`));
    assert.deepEqual(await running(folder), ["forks"]);
    assert.ok(!existsSync(dirname(dropIn)));
    assert.equal(readFileSync(path("forks.yaml"), "utf8"), FORKS);
  });

  test("stops single rules of a file, and enable starts them one by one", async (context) => {
    const { folder, path, run } = ruleFiles(context, { "two.yaml": TWO });
    assert.equal(run("disable", "forks", "other").exit, 0);
    assert.deepEqual(await running(folder), []);
    assert.equal(run("enable", "forks").exit, 0);
    assert.deepEqual(await running(folder), ["forks"]);
    const dropIn = path("two.yaml.d/90-disabled.yaml");
    assert.equal(readFileSync(dropIn, "utf8"), `${OFF}rule: other\nenabled: false\n`);
    const whole = run("disable", "two.yaml");
    assert.match(whole.errors, /the file "two\.yaml" has several rules: name one of "forks", "other"/);
  });

  test("does not touch a drop-in of its name that somebody changed", (context) => {
    const changed = `${OFF}rule: forks\nfor: 9s\n`;
    const files = { "forks.yaml": FORKS, "forks.yaml.d/90-disabled.yaml": changed };
    const { path, run } = ruleFiles(context, files);
    const { exit, errors } = run("disable", "forks");
    assert.equal(exit, 1);
    assert.match(errors, /90-disabled\.yaml is in the way: "bpfwarden disable" did not write it as it is/);
    assert.equal(readFileSync(path("forks.yaml.d/90-disabled.yaml"), "utf8"), changed);
  });

  test("says if a later drop-in keeps the rule on", (context) => {
    const files = { "forks.yaml": FORKS, "forks.yaml.d/99-on.yaml": "enabled: true\n" };
    const { exit, errors } = ruleFiles(context, files).run("disable", "forks");
    assert.equal(exit, 1);
    assert.match(errors, /wrote .*90-disabled\.yaml, but "forks" is enabled/);
  });

  test("reports a folder that it may not write", { skip: process.getuid?.() !== 0 && "needs root" }, (context) => {
    const { folder, path } = ruleFiles(context, { "forks.yaml": FORKS });
    for (const each of [folder, path("")]) chmodSync(each, 0o755);
    const { exit, errors } = bpfwarden(["disable", "forks", "--config", folder], NOBODY);
    assert.equal(exit, 1);
    assert.match(errors, /^bpfwarden: error: EACCES: permission denied, mkdir '.*forks\.yaml\.d'\n$/);
  });
});
