import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { suite, test, type TestContext } from "node:test";
import { formatDiagnostics } from "../../../bpf/source/format-diagnostic.ts";
import {
  type Configuration,
  findConfiguration,
  type OlderConfiguration,
} from "../../../daemon/rules/find-configuration.ts";
import { watchedPlaces } from "../../../daemon/rules/watched-places.ts";

/** A folder as `run` takes it, with files by their paths in it. */
function folder(context: TestContext, files: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(tmpdir(), "bpfwarden-fragments-"));
  context.after(() => rmSync(path, { recursive: true }));
  mkdirSync(join(path, "rules.d"));
  for (const [name, text] of Object.entries(files)) write(path, name, text);
  return path;
}

function write(path: string, name: string, text: string): void {
  mkdirSync(dirname(join(path, name)), { recursive: true });
  writeFileSync(join(path, name), text, { mode: 0o600 });
}

const NOTHING: OlderConfiguration = { settings: undefined, hasSettingsFile: false };

const find = (path: string, older = NOTHING): Promise<Configuration> =>
  findConfiguration(path, "web1", older, new Map());

const messages = ({ diagnostics }: Configuration, path: string): string =>
  formatDiagnostics(diagnostics).replaceAll(`${path}/`, "");

const MAIN = `actions:
  oncall: {webhook: {url: "http://h.example.org", timeout: 3s}}
labels: {site: a, rack: "7"}
defaults: {action: [oncall, screen]}
`;

suite("fragments of the settings", () => {
  test("are merged in the order of their names: maps by their keys, other values as a whole", async (context) => {
    const path = folder(context, {
      "bpfwarden.yaml": MAIN,
      "bpfwarden.yaml.d/20-later.yaml": "labels: {site: c}\ndefaults: {action: [oncall]}\n",
      "bpfwarden.yaml.d/10-first.yaml":
        "labels: {site: b, team: network}\nactions: {oncall: {webhook: {timeout: 4s}}}\n",
      "bpfwarden.yaml.d/30-empty.yml": "# nothing\n",
    });
    const found = await find(path);
    assert.equal(messages(found, path), "");
    assert.deepEqual(found.settings?.labels, { instance: "web1", site: "c", rack: "7", team: "network" });
    assert.deepEqual(found.settings?.defaults.actions, ["oncall"]);
    assert.partialDeepStrictEqual(found.settings?.actions.get("oncall"), { kind: "webhook", timeoutMs: 4000 });
  });

  test("are enough without the file itself", async (context) => {
    const path = folder(context, { "bpfwarden.yaml.d/a.yaml": MAIN });
    const found = await find(path);
    assert.deepEqual([found.settings?.labels["site"], found.hasSettingsFile], ["a", true]);
    rmSync(join(path, "bpfwarden.yaml.d/a.yaml"));
    const after = await find(path, found);
    assert.equal(after.settings, found.settings);
    assert.match(messages(after, path), /^bpfwarden\.yaml:1:1: it no longer exists/);
  });

  test("keep the earlier settings if one is faulty, and errors are at their place", async (context) => {
    const path = folder(context, { "bpfwarden.yaml": MAIN, "bpfwarden.yaml.d/a.yaml": "labels: {site: b}\n" });
    const good = await find(path);
    for (const [text, expected] of [
      ["tick: 1s\nlimits: {keyz: 1}\n", /^bpfwarden\.yaml\.d\/b\.yaml:2:10: .* \[unknown-key\]/],
      ["labels: [\n", /^bpfwarden\.yaml\.d\/b\.yaml:/],
      ["- tick: 1s\n", /^bpfwarden\.yaml\.d\/b\.yaml:1:1: .* \[wrong-type\]/],
      ["defaults: {action: onkall}\n", /^bpfwarden\.yaml\.d\/b\.yaml:1:20: unknown action "onkall" .*/],
      ["labels:\n", /^bpfwarden\.yaml\.d\/b\.yaml:1:1: /],
    ] as const) {
      write(path, "bpfwarden.yaml.d/b.yaml", text);
      const found = await find(path, good);
      assert.match(messages(found, path), expected);
      assert.equal(found.settings, good.settings);
      assert.equal((await find(path)).settings, undefined, "a start without earlier settings fails");
    }
  });

  test("that others can write are refused", async (context) => {
    const path = folder(context, { "bpfwarden.yaml": MAIN, "bpfwarden.yaml.d/a.yaml": "labels: {site: b}\n" });
    const good = await find(path);
    for (const name of ["bpfwarden.yaml.d/a.yaml", "bpfwarden.yaml.d"]) {
      chmodSync(join(path, name), 0o757);
      const found = await find(path, good);
      assert.match(messages(found, path), /bpfwarden\.yaml\.d.*: expected .* \[unsafe-file\]/);
      assert.equal(found.settings, good.settings);
      chmodSync(join(path, name), 0o755);
    }
  });

  test("can be removed, unlike the file itself", async (context) => {
    const path = folder(context, { "bpfwarden.yaml": MAIN, "bpfwarden.yaml.d/a.yaml": "labels: {site: b}\n" });
    const both = await find(path);
    rmSync(join(path, "bpfwarden.yaml.d"), { recursive: true });
    const main = await find(path, both);
    assert.equal(main.settings?.labels["site"], "a");
    write(path, "bpfwarden.yaml.d/a.yaml", "labels: {site: b}\n");
    rmSync(join(path, "bpfwarden.yaml"));
    const gone = await find(path, main);
    assert.equal(gone.settings, main.settings);
    assert.match(messages(gone, path), /^bpfwarden\.yaml:1:1: it no longer exists/);
  });

  test("show no secret, and warn of one that others can read", async (context) => {
    const hook = "actions: {hook: {webhook: {url: 'https://h.example.org/hunter2', timeout: x}}}\n";
    const path = folder(context, { "bpfwarden.yaml": MAIN, "bpfwarden.yaml.d/a.yaml": hook });
    const faulty = messages(await find(path), path);
    assert.match(faulty, /^bpfwarden\.yaml\.d\/a\.yaml:1:/);
    assert.doesNotMatch(faulty, /hunter2/);
    write(path, "bpfwarden.yaml.d/a.yaml", hook.replace(", timeout: x", ""));
    for (const name of [".", "bpfwarden.yaml.d", "bpfwarden.yaml.d/a.yaml"]) chmodSync(join(path, name), 0o755);
    const exposed = messages(await find(path), path);
    assert.match(exposed, /^bpfwarden\.yaml\.d\/a\.yaml:1:\d+: warning: .* \[exposed-settings\]/m);
    assert.doesNotMatch(exposed, /hunter2/);
  });

  test("that are not read are named with the reason", async (context) => {
    const path = folder(context, {
      "bpfwarden.yaml.d/a.yaml.dpkg-new": "tick: 2s\n",
      "bpfwarden.yaml.d/sub/b.yaml": "tick: 2s\n",
      "bpfwarden.yaml.d/README": "tick: 2s\n",
    });
    symlinkSync("/dev/null", join(path, "bpfwarden.yaml.d/masked.yaml"));
    const { settings, ignored } = await find(path);
    assert.equal(settings?.tickMs, 1000);
    assert.deepEqual(
      ignored.map((entry) => [entry.path.slice(path.length + 1), entry.reason]),
      [
        ["bpfwarden.yaml.d/a.yaml.dpkg-new", "only names that end in .yaml or .yml and do not contain .dpkg- are read"],
        ["bpfwarden.yaml.d/sub", "folders in a folder of fragments are not read"],
      ],
    );
  });

  test("are watched, also before their folder exists", (context) => {
    const path = folder(context, { "bpfwarden.yaml": MAIN });
    const placeOf = (name: string) => watchedPlaces(path).find((place) => place.folder === join(path, name));
    assert.ok(placeOf("")?.names?.has("bpfwarden.yaml.d"));
    write(path, "bpfwarden.yaml.d/a.yaml", "tick: 2s\n");
    assert.deepEqual(placeOf("bpfwarden.yaml.d"), { folder: join(path, "bpfwarden.yaml.d"), names: undefined });
  });
});
