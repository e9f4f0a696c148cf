import assert from "node:assert/strict";
import { test } from "node:test";
import { fixtureKernel } from "../kernel-fixture.ts";
import { check } from "./rule.ts";

const kernel = fixtureKernel();

/** The warnings about a filter, without the name of the probe. */
function warnings(filter: string, probe = "tracepoint:syscalls:sys_enter_connect"): readonly string[] {
  const { diagnostics } = check({ signals: { value: { probe, filter, aggregate: "count()" } } }, kernel);
  return diagnostics.map(({ severity, message }) => `${severity}: ${message.replace(` at "${probe}"`, "")}`);
}

const FAMILY = "args.uservaddr.sa_family";

test("conditions that cannot all be true are warned of, with the one that each contradicts", () => {
  const cases: readonly (readonly [string, string])[] = [
    [`${FAMILY} == AF_UNIX and port(args.uservaddr) == 80`, `"${FAMILY} == AF_UNIX"`],
    [`port(args.uservaddr) == 80 and ${FAMILY} == AF_UNIX`, '"port(args.uservaddr) == 80"'],
    [
      `port(args.uservaddr) in [80, 443] and ${FAMILY} not in [AF_INET, AF_INET6]`,
      '"port(args.uservaddr) in [80, 443]"',
    ],
    ["pid == 1 and uid == 0 and pid == 2", '"pid == 1"'],
    ["pid > 10 and pid < 5", '"pid > 10"'],
    ["5 > pid and pid in [5, 10..20]", '"5 > pid"'],
    ["pid != 1 and uid == 0 and not (pid != 1)", '"pid != 1"'],
    ['comm == "bash" and comm == "zsh"', '"comm == "bash""'],
    ['starts_with(comm, "ux") and comm == "bash"', '"starts_with(comm, "ux")"'],
    ["pid >= 1 and pid <= 5 and pid not in [1, 2, 3] and pid not in [4, 5]", ""],
  ];
  for (const [filter, against] of cases) {
    const [warning = "", ...others] = warnings(filter);
    assert.match(warning, /^warning: this is never true where "/, filter);
    assert.ok(warning.includes(against), `${filter}: ${warning}`);
    assert.deepEqual(others, [], filter);
  }
});

test("conditions that are always true are warned of", () => {
  assert.deepEqual(warnings("pid != 1 or pid != 2"), ["warning: this is always true"]);
  assert.deepEqual(warnings("pid > 5 or pid <= 5"), ["warning: this is always true"]);
});

test("conditions that can be true or false are not warned of", () => {
  for (const filter of [
    `${FAMILY} in [AF_INET, AF_INET6] and port(args.uservaddr) == 80`,
    `${FAMILY} == AF_UNIX and port(args.uservaddr) == 0`,
    `${FAMILY} == AF_UNIX or port(args.uservaddr) == 80`,
    `(${FAMILY} == AF_UNIX or uid == 0) and port(args.uservaddr) == 80`,
    "pid > 5 and pid < 10 and pid != 7",
    "pid == 1 and tid == 2",
    "pid == 1 or pid == 2",
    "args.fd == 3 and args.addrlen >= 3",
    'starts_with(comm, "ba") and comm != "bash"',
    'starts_with(comm, "ba") and ends_with(comm, "sh") and comm == "bash"',
    'comm == "bash" or comm == "zsh"',
    'cast(pid, "s32") < 0 and pid > 5',
  ])
    assert.deepEqual(warnings(filter), [], filter);
});

test("a text that was cut can be the start of a longer one", () => {
  const short = 'str(args.filename, 5) == "/etc"';
  for (const longer of ['starts_with(str(args.filename), "/etc/")', 'str(args.filename) == "/etc/shadow"'])
    for (const filter of [`${short} and ${longer}`, `${longer} and ${short}`])
      assert.deepEqual(warnings(filter, "tracepoint:syscalls:sys_enter_openat"), [], filter);
});

test("a condition of very many parts is not examined", () => {
  const numbers = Array.from({ length: 2000 }, (_, number) => 2 * number);
  assert.deepEqual(warnings(`pid in [${numbers.join(", ")}] and pid == 1`), []);
  const doubled = Array.from({ length: 40 }, (_, at) => [`n${at}`, at === 0 ? "pid + pid" : `n${at - 1} + n${at - 1}`]);
  const probe = "tracepoint:syscalls:sys_enter_connect";
  const signal = { probe, with: Object.fromEntries(doubled), filter: "n39 == 1", aggregate: "count()" };
  assert.deepEqual(check({ signals: { value: signal } }, kernel).diagnostics, []);
});
