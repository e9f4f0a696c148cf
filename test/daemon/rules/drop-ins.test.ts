import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, describe, test } from "node:test";
import { findConfiguration } from "../../../daemon/rules/find-configuration.ts";
import { readRuleFolder } from "../../../daemon/rules/read-rule-folder.ts";
import { DEFAULTS } from "../../diagnostics/check-file.ts";

const RULE = `rule: forks
labels: {team: base, role: low}
probe: tracepoint:sched:sched_process_fork
aggregate: count()
threshold: {warning: value > 10, critical: value > 50}
for: 5s
`;

/** Makes a folder with files of these texts. */
function folder(context: TestContext, files: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(tmpdir(), "bpfwarden-drop-ins-"));
  context.after(() => rmSync(path, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

async function read(...folders: readonly string[]) {
  const { rules, ignored, diagnostics } = await readRuleFolder(folders, DEFAULTS);
  const threshold = rules[0]?.threshold?.levels.map(({ level, condition: { span } }) => {
    return `${level}: ${span.source.text.slice(span.start, span.end)}`;
  });
  return { rules, threshold, ignored, messages: diagnostics.map(({ message }) => message), diagnostics };
}

describe("drop-ins", () => {
  test("change single keys, merge maps and keep the rest", async (context) => {
    const changes = "threshold: {warning: value > 20}\nlabels: {role: high, pager: night}\nfor: 1m\n";
    const path = folder(context, { "forks.yaml": RULE, "forks.yaml.d/10-site.yaml": changes });
    const { rules, threshold, messages } = await read(path);
    assert.deepEqual(messages, []);
    assert.deepEqual(threshold, ["warning: value > 20", "critical: value > 50"]);
    assert.deepEqual(rules[0]?.labels, { team: "base", role: "high", pager: "night" });
    assert.equal(rules[0]?.forMs, 60_000);
  });

  test("apply in the order of their names over all folders; a later folder replaces or masks one", async (context) => {
    const vendor = folder(context, {
      "forks.yaml": RULE,
      "forks.yaml.d/20-b.yaml": "threshold: value > 2",
      "forks.yaml.d/30-c.yaml": "threshold: value > 3",
    });
    const site = folder(context, { "forks.yaml.d/10-a.yaml": "threshold: value > 1" });
    assert.deepEqual((await read(vendor, site)).threshold, ["warning: value > 3"]);
    symlinkSync("/dev/null", join(site, "forks.yaml.d/30-c.yaml"));
    assert.deepEqual((await read(vendor, site)).threshold, ["warning: value > 2"]);
    writeFileSync(join(site, "forks.yaml.d/20-b.yaml"), "threshold: value > 9");
    assert.deepEqual((await read(vendor, site)).threshold, ["warning: value > 9"]);
  });

  test("choose one of several rules by its name", async (context) => {
    const two = `${RULE}---\n${RULE.replace("forks", "other")}`;
    const path = folder(context, { "two.yaml": two, "two.yaml.d/a.yaml": "rule: other\nfor: 9s\n---\nfor: 8s\n" });
    const { rules, messages } = await read(path);
    assert.deepEqual(messages, ['expected the key "rule", because the file that this changes has 2 rules']);
    assert.deepEqual(
      rules.map(({ name, forMs }) => [name.text, forMs]),
      [
        ["forks", 5000],
        ["other", 9000],
      ],
    );
  });

  test("report what is wrong at its place in the drop-in, and leave the rule as it was", async (context) => {
    const path = folder(context, { "forks.yaml": RULE, "forks.yaml.d/a.yaml": "# ours\nrule: forkz\nfor: 9s\n" });
    const { rules, diagnostics } = await read(path);
    assert.equal(rules[0]?.forMs, 5000);
    const [first] = diagnostics;
    assert.equal(first?.code, "no-such-rule");
    assert.equal(first.help, 'did you mean "forks"?');
    assert.equal(first.span.source.path, join(path, "forks.yaml.d/a.yaml"));
    assert.equal(first.span.source.text.slice(first.span.start, first.span.end), "forkz");
  });

  test("make the rule faulty if a changed key is wrong", async (context) => {
    const path = folder(context, { "forks.yaml": RULE, "forks.yaml.d/a.yaml": "threshold: {warning: value >}\n" });
    const { rules, diagnostics } = await read(path);
    assert.deepEqual(rules, []);
    assert.deepEqual(
      diagnostics.map(({ span }) => span.source.path),
      [join(path, "forks.yaml.d/a.yaml")],
    );
  });

  test("disable a rule, whose name is then free", async (context) => {
    const files = { "forks.yaml": RULE, "forks.yaml.d/off.yaml": "enabled: false", "mine.yaml": RULE };
    const path = folder(context, files);
    const { rules, ignored, messages } = await read(path);
    assert.deepEqual(messages, []);
    assert.deepEqual(
      rules.map(({ source }) => source.path),
      [join(path, "mine.yaml")],
    );
    const reason = `the rule "forks" is disabled by ${join(path, "forks.yaml.d/off.yaml")}:1`;
    assert.deepEqual(ignored, [{ path: join(path, "forks.yaml"), reason }]);
  });

  test("say why a drop-in is not used", async (context) => {
    const path = folder(context, { "a.yaml.d/1.yaml": "for: 1s", "b.yaml.d/sub/1.yaml": "for: 1s", "b.yaml": RULE });
    assert.deepEqual((await read(path)).ignored, [
      { path: join(path, "b.yaml.d/sub"), reason: "folders in a folder of drop-ins are not read" },
      { path: join(path, "a.yaml.d/1.yaml"), reason: 'there is no file "a.yaml" to change' },
    ]);
  });

  test("are read again when only they change", async (context) => {
    const path = folder(context, { "rules.d/forks.yaml": RULE, "rules.d/forks.yaml.d/a.yaml": "for: 1s" });
    const known = new Map();
    const find = async () =>
      (await findConfiguration(path, "h", { settings: undefined, hasSettingsFile: false }, known)).rules[0];
    assert.equal((await find())?.forMs, 1000);
    const same = await find();
    assert.equal(await find(), same);
    writeFileSync(join(path, "rules.d/forks.yaml.d/a.yaml"), "for: 2s");
    assert.equal((await find())?.forMs, 2000);
  });

  test("that cannot be read or applied are known to be lacking, so that rules that run can stay", async (context) => {
    const changes = "rules.d/forks.yaml.d/a.yaml";
    const path = folder(context, {
      "rules.d/forks.yaml": RULE,
      "rules.d/b.yaml": RULE.replace("forks", "b"),
      [changes]: "",
    });
    const lacks = async (): Promise<readonly string[]> => {
      const found = await findConfiguration(path, "h", { settings: undefined, hasSettingsFile: false }, new Map());
      return found.rules.filter(({ source }) => found.lacksDropIn(source.path)).map(({ name }) => name.text);
    };
    for (const broken of ["threshold: [1", "rule: forkz", "- 1", "&x {for: 1s}", "\0"]) {
      writeFileSync(join(path, changes), broken);
      assert.deepEqual(await lacks(), ["forks"], broken);
    }
    writeFileSync(join(path, changes), "for: 1s");
    assert.deepEqual(await lacks(), []);
    chmodSync(join(path, changes), 0o666);
    assert.deepEqual(await lacks(), ["forks"]);
    chmodSync(join(path, changes), 0o644);
    chmodSync(join(path, dirname(changes)), 0o777);
    assert.deepEqual(await lacks(), ["forks"]);
    rmSync(join(path, dirname(changes)), { recursive: true });
    assert.deepEqual(await lacks(), []);
  });

  test("with an unknown action stop only their own rule", async (context) => {
    const path = folder(context, {
      "rules.d/forks.yaml": RULE,
      "rules.d/forks.yaml.d/a.yaml": "action: nobody",
      "rules.d/other.yaml": RULE.replace("forks", "other"),
    });
    const found = await findConfiguration(path, "h", { settings: undefined, hasSettingsFile: false }, new Map());
    assert.deepEqual(
      found.rules.map(({ name }) => name.text),
      ["other"],
    );
    assert.equal(found.isBroken(join(path, "rules.d/forks.yaml")), true);
    assert.equal(found.isBroken(join(path, "rules.d/other.yaml")), false);
  });
});
