import assert from "node:assert/strict";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parse, parseAllDocuments } from "yaml";
import { FORKS, ruleFiles } from "./rule-files/configuration-folder.ts";

const SITE = "# ours\nthreshold: {warning: value > 20}\nfor: 1m\nlabels: {pager: night}\n";

describe("cat", () => {
  test("prints the file and its drop-ins in their order, each after its path", (context) => {
    const files = { "forks.yaml": FORKS, "forks.yaml.d/20-b.yaml": "for: 2s", "forks.yaml.d/10-a.yaml": SITE };
    const { run, path } = ruleFiles(context, files);
    const { exit, output } = run("cat", "forks");
    assert.equal(exit, 0);
    const [a, b] = [path("forks.yaml.d/10-a.yaml"), path("forks.yaml.d/20-b.yaml")];
    assert.equal(output, `# ${path("forks.yaml")}\n${FORKS}\n# ${a}\n${SITE}\n# ${b}\nfor: 2s\n`);
  });

  test("prints the result with the place of each changed key", (context) => {
    const { run, path } = ruleFiles(context, { "forks.yaml": FORKS, "forks.yaml.d/a.yaml": SITE });
    const { exit, output } = run("cat", "--merged", "forks");
    assert.equal(exit, 0);
    const at = (line: number): string => `  # ${path("forks.yaml.d/a.yaml")}:${line}`;
    assert.equal(
      output,
      `# ${path("forks.yaml")}:2
rule: forks
labels:
  team: base
  role: low
  pager: night${at(4)}
probe: tracepoint:sched:sched_process_fork
aggregate: count()
threshold:
  warning: value > 20${at(2)}
  critical: value > 50
for: 1m${at(3)}
description: >-
  Many processes
  are started.
`,
    );
  });

  test("has the files, the value and the places of changed keys as JSON", (context) => {
    const { run, path } = ruleFiles(context, { "forks.yaml": FORKS, "forks.yaml.d/a.yaml": SITE });
    const { rules } = JSON.parse(run("cat", "--json", "forks").output) as { rules: readonly unknown[] };
    const change = path("forks.yaml.d/a.yaml");
    const value = {
      ...(parse(FORKS) as object),
      labels: { team: "base", role: "low", pager: "night" },
      threshold: { warning: "value > 20", critical: "value > 50" },
      for: "1m",
    };
    const changed = [
      { key: "labels.pager", path: change, line: 4 },
      { key: "threshold.warning", path: change, line: 2 },
      { key: "for", path: change, line: 3 },
    ];
    assert.deepEqual(rules, [
      {
        ...{ rule: "forks", file: "forks.yaml", state: "enabled", replaced: [] },
        files: [
          { path: path("forks.yaml"), text: FORKS },
          { path: change, text: SITE },
        ],
        merged: [{ rule: "forks", value, changed }],
      },
    ]);
  });

  test("prints one rule of a file with several, and all of them for the name of the file", (context) => {
    const two = `${FORKS}---\nrule: other\nprobe: tracepoint:sched:sched_switch\naggregate: count()\n`;
    const { run } = ruleFiles(context, { "two.yaml": two, "two.yaml.d/a.yaml": "rule: other\nfor: 9s\n" });
    const one = run("cat", "--merged", "other").output;
    assert.deepEqual(parse(one), {
      ...{ rule: "other", probe: "tracepoint:sched:sched_switch", aggregate: "count()", for: "9s" },
    });
    const names = parseAllDocuments(run("cat", "--merged", "two.yaml").output).map((each) => each.get("rule"));
    assert.deepEqual(names, ["forks", "other"]);
  });

  test("says why a rule is off, by its drop-in, a mask or because it is in the library", (context) => {
    const { run, path } = ruleFiles(context, { "forks.yaml": FORKS, "forks.yaml.d/off.yaml": "\nenabled: false\n" });
    const disabled = run("cat", "forks").output;
    assert.ok(disabled.startsWith(`# disabled by ${path("forks.yaml.d/off.yaml")}:2: it does not run\n`), disabled);
    symlinkSync("/dev/null", path("gone.yaml"));
    const masked = run("cat", "gone");
    assert.equal(masked.output, `# masked by ${path("gone.yaml")}, a link to /dev/null: it does not run\n`);
    const library = run("cat", "dns-latency");
    assert.equal(library.exit, 0);
    assert.match(library.output, /^# a rule of the library that is off; "bpfwarden enable dns-latency" turns it on\n/);
    assert.match(library.output, /\nrule: dns-latency\n/);
  });

  test("reports an unknown name with the name that was meant, and prints the others", (context) => {
    const { run } = ruleFiles(context, { "forks.yaml": FORKS });
    const { exit, output, errors } = run("cat", "froks", "forks");
    assert.equal(exit, 1);
    assert.equal(errors, 'bpfwarden: error: no rule is called "froks"; did you mean "forks"?\n');
    assert.match(output, /^rule: forks$/m);
  });

  test("reports a drop-in that is refused, and prints no control characters of a file", (context) => {
    const { run, path } = ruleFiles(context, { "forks.yaml": `# \u001b[2J\n${FORKS}` });
    writeFileSync(join(path("forks.yaml")), `# \u001b[2J\n\t# tab\n${FORKS}`);
    assert.match(run("cat", "forks").output, /^# \\x1b\[2J\n\t# tab\n/m);
    symlinkSync(path("missing"), path("other.yaml"));
    const { exit, errors } = run("cat", "other");
    assert.equal(exit, 1);
    assert.match(errors, /other\.yaml:1:1: expected a file, found a broken link \[unreadable-file\]/);
  });
});
