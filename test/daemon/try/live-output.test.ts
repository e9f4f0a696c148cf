import assert from "node:assert/strict";
import { test } from "node:test";
import { liveOutput } from "../../../daemon/try/live-output.ts";
import type { LiveOutput } from "../../../daemon/try/live-output.ts";
import { EmulatedTerminal } from "./emulated-terminal.ts";
import { ranked, RULE, view } from "./samples.ts";

const TOTALS = { elapsedMs: 3000, records: 0, fired: 0, resolved: 0 };

interface Stage {
  readonly terminal: EmulatedTerminal;
  readonly output: LiveOutput;
  /** a tick with so many keys */
  readonly tick: (keys: number) => void;
  /** records that say these words */
  readonly record: (...words: readonly string[]) => void;
}

function stage(columns: number, rows: number): Stage {
  const terminal = new EmulatedTerminal(columns, rows);
  const output = liveOutput({
    write: (text) => terminal.write(text),
    size: () => ({ columns: terminal.columns, rows: terminal.rows }),
    hasColors: true,
  });
  const tick = (keys: number): void => {
    const views = Array.from({ length: keys }, (_, index) =>
      view({ comm: `program-${index}` }, { value: keys - index }),
    );
    output.samples([ranked(views)], TOTALS, 0);
    output.draw();
  };
  const record = (...words: readonly string[]): void =>
    output.records(words.map((word) => ({ rule: "calls", timeNs: 0n, fields: { word }, truncated: [] })));
  return { terminal, output, tick, record };
}

const keysOn = (terminal: EmulatedTerminal): number =>
  terminal.screen.filter((line) => line.includes("program-")).length;
const wordsOn = (lines: readonly string[]): readonly string[] =>
  lines.flatMap((line) => /word="(.*)"/.exec(line)?.[1] ?? []);

test("the table is redrawn in place, and leaves no lines when it shrinks", () => {
  const { terminal, tick } = stage(60, 20);
  tick(5);
  const first = terminal.screen;
  assert.equal(first.length, 9);
  tick(2);
  tick(8);
  tick(5);
  assert.deepEqual(terminal.screen, first);
  assert.deepEqual(terminal.scrollback, []);
});

test("events scroll away above the table, each of them once and in their order", () => {
  const { terminal, tick, record, output } = stage(60, 12);
  const words = Array.from({ length: 40 }, (_, index) => `w${index}`);
  words.forEach((word, index) => {
    record(word);
    if (index % 3 === 0) tick(3 + (index % 4));
    else output.draw();
  });
  assert.deepEqual(wordsOn([...terminal.scrollback, ...terminal.screen]), words);
  assert.equal(terminal.scrollback.filter((line) => line.includes("program-")).length, 0);
  assert.ok(keysOn(terminal) >= 3);
});

test("events longer than a line are complete, and the table is below them", () => {
  const { terminal, tick, record } = stage(40, 14);
  tick(3);
  record("x".repeat(150));
  tick(3);
  tick(3);
  const all = [...terminal.scrollback, ...terminal.screen].join("");
  assert.equal(all.split("x").length - 1 - all.split("ex").length + 1, 150);
  assert.equal(keysOn(terminal), 3);
});

test("of a flood of events one screen is shown, with the number of the others", () => {
  const { terminal, tick, record } = stage(60, 12);
  for (let batch = 0; batch < 10; batch++) record(...Array.from({ length: 500 }, (_, index) => `${batch}-${index}`));
  tick(2);
  const all = [...terminal.scrollback, ...terminal.screen];
  assert.deepEqual(wordsOn(all).slice(0, 2), ["9-488", "9-489"]);
  assert.equal(wordsOn(all).length, 12);
  assert.ok(all.includes("… 4988 lines left out"));
});

test("control characters of events do not reach the terminal", () => {
  const { terminal, tick, record } = stage(60, 12);
  record("a\u001b[2Jb\u0007");
  tick(1);
  assert.match(terminal.screen[0] ?? "", /word="a\\x1b\[2Jb\\x07"/);
});

test("after a change of size the table fits the new size", () => {
  const { terminal, tick, record, output } = stage(90, 20);
  record("before");
  tick(30);
  for (const [columns, rows] of [
    [30, 10],
    [120, 40],
    [10, 4],
    [60, 20],
  ] as const) {
    terminal.resize(columns, rows);
    output.resized();
    tick(30);
    tick(30);
    assert.ok(terminal.screen.length <= rows);
    assert.equal(
      terminal.screen.at(-1),
      "3s, Ctrl-C ends it; nothing is sent".slice(0, columns - 1).replace(columns < 36 ? /.$/ : /$^/, "…"),
    );
    assert.equal(
      terminal.screen.filter((line) => line.startsWith("value ")).length,
      rows > 4 ? 1 : 0,
      terminal.screen.join("\n"),
    );
  }
  assert.equal(wordsOn(terminal.screen).length, 1);
});

test("after another program wrote to the terminal, the table is drawn below that", () => {
  const { terminal, tick, output } = stage(60, 20);
  tick(2);
  terminal.write("\r\nfg\r\n");
  output.disturbed();
  tick(2);
  assert.equal(terminal.screen[6], "fg");
  assert.equal(keysOn(terminal), 4);
});

test("the end stays on the screen, with the cursor below it, visible, and long lines wrapping again", () => {
  const { terminal, output, record } = stage(60, 20);
  output.started([{ rule: RULE, probes: ["tracepoint:a:b"] }], 0);
  record("last");
  output.ended(
    [ranked([view({ comm: "program-0" }, { value: 1 })])],
    { elapsedMs: 2600, records: 1, fired: 2, resolved: 1 },
    0,
  );
  terminal.write("$ ");
  assert.equal(terminal.screen.at(-2), "detached after 3s: 1 event, 2 alerts fired, 1 resolved");
  assert.equal(terminal.screen.at(-1), "$");
  assert.deepEqual(wordsOn(terminal.screen), ["last"]);
  assert.equal(terminal.isCursorVisible && terminal.wraps, true);
});

test("nothing is written if nothing has changed", () => {
  let written = 0;
  const output = liveOutput({ write: () => written++, size: () => ({ columns: 80, rows: 24 }), hasColors: false });
  output.samples([], TOTALS, 0);
  output.draw();
  output.draw();
  assert.equal(written, 1);
});
