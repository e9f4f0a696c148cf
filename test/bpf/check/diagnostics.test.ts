import assert from "node:assert/strict";
import { test } from "node:test";
import { CHECK_CODES } from "../../../bpf/check/codes.ts";
import { fixtureKernel } from "../kernel-fixture.ts";
import { check, type ProbeText, type RuleText } from "./rule.ts";

const kernel = fixtureKernel();
const RETRANSMIT = "tracepoint:tcp:tcp_retransmit_skb";
const OPEN = "tracepoint:syscalls:sys_enter_openat";
const FSYNC = "tracepoint:syscalls:sys_enter_fsync";
const PAGES = "tracepoint:filemap:mm_filemap_add_to_page_cache";

const at = (probe: ProbeText): RuleText => ({ signals: { value: { probe, aggregate: "count()" } } });
const filter = (probe: string, text: string): RuleText => ({
  signals: { value: { probe, filter: text, aggregate: "count()" } },
});
const by = (probe: string, text: string): RuleText => ({
  signals: { value: { probe, aggregate: "count()" } },
  by: { x: text },
});
const aggregate = (text: string): RuleText => ({ signals: { value: { probe: RETRANSMIT, aggregate: text } } });

/** Each rule gives exactly these lines, `code: text pointed at: message; help`. */
const GOLDEN: readonly (readonly [RuleText, ...string[]])[] = [
  [
    at("tracepoint:tcp:tcp_retransmit_skp"),
    'unknown-probe: tracepoint:tcp:tcp_retransmit_skp: this kernel has no tracepoint "tcp:tcp_retransmit_skp"; did you mean "tracepoint:tcp:tcp_retransmit_skb"?',
  ],
  [
    at("tracepoint:syscalls:tcp_retransmit_skb"),
    'unknown-probe: tracepoint:syscalls:tcp_retransmit_skb: this kernel has no tracepoint "syscalls:tcp_retransmit_skb"; did you mean "tracepoint:tcp:tcp_retransmit_skb"?',
  ],
  [at("tracepoint:tcp"), 'bad-probe: tracepoint:tcp: expected "tracepoint:CATEGORY:NAME", found "tracepoint:tcp"'],
  [
    at("tracpoint:tcp:tcp_retransmit_skb"),
    'unknown-probe-kind: tracpoint:tcp:tcp_retransmit_skb: expected a probe, found "tracpoint:tcp:tcp_retransmit_skb"; did you mean "tracepoint:tcp:tcp_retransmit_skb"?',
  ],
  [
    at("rawtracepoint:tcp_retransmit_sbk"),
    'unknown-probe: rawtracepoint:tcp_retransmit_sbk: this kernel has no raw tracepoint "tcp_retransmit_sbk"; did you mean "rawtracepoint:tcp_retransmit_skb"?',
  ],
  [
    at("uprobe:/bin/bash:readlin"),
    'unknown-probe: uprobe:/bin/bash:readlin: "/bin/bash" has no function "readlin"; did you mean "readline"?',
  ],
  [at("uprobe:/no/such:main"), 'unknown-probe: uprobe:/no/such:main: "/no/such" cannot be read: no such file'],
  [
    at(["uretprobe:/bin/bash:readlin", "uretprobe:/no/such:main"]),
    'no-probe-exists: [...]: none of these probes exists on this host: "/bin/bash" has no function "readlin"; "/no/such" cannot be read: no such file; did you mean "readline"?',
  ],
  [
    at({ any: ["tracepoint:tcp:nothing_like_it"] }),
    'no-probe-exists: {any: [...]}: none of these probes exists on this host: this kernel has no tracepoint "tcp:nothing_like_it"',
  ],
  [
    at({ from: { from: FSYNC, to: FSYNC }, to: FSYNC }),
    "bad-probe: {from:, to:}: expected a probe, found a span; write {from:, to:} as the whole of probe:, or as one of its alternatives",
  ],
  [
    at({ from: FSYNC, to: FSYNC, match: { from: ["pid", "comm"], to: ["pid"] } }),
    "bad-probe: pid: expected as many values to match at both ends, found 2 at the start and 1 at the end",
  ],
  [
    at({ from: FSYNC, to: FSYNC, match: { from: ["comm"], to: ["pid"] } }),
    'type-mismatch: pid: expected "match" values that can be equal at both ends, found a string and a 32-bit unsigned integer',
  ],
  [filter(RETRANSMIT, "arg.err == 0"), 'unknown-name: arg: unknown name "arg"; did you mean "args"?'],
  [filter(RETRANSMIT, "sport == 0"), 'unknown-name: sport: unknown name "sport"; write "args.sport"'],
  [
    filter(RETRANSMIT, "args.sprt == 0 and args.dprt == 0"),
    'unknown-field: sprt: "tracepoint:tcp:tcp_retransmit_skb" has no field "sprt"; did you mean "sport"?',
    'unknown-field: dprt: "tracepoint:tcp:tcp_retransmit_skb" has no field "dprt"; did you mean "dport"?',
  ],
  [filter(RETRANSMIT, "args == 0"), 'type-mismatch: args: expected a field such as "args.NAME", found "args"'],
  [
    filter(RETRANSMIT, "task.tgidd == 0"),
    'unknown-field: tgidd: "struct task_struct" has no field "tgidd"; did you mean "tgid"?',
  ],
  [
    filter(RETRANSMIT, "arg99 == 0"),
    'not-available: arg99: "tracepoint:tcp:tcp_retransmit_skb" has fields, found "arg99"; write "args.NAME": the fields are skbaddr, skaddr, state, sport, dport, family, saddr, daddr, saddr_v6, daddr_v6, err',
  ],
  [
    filter(RETRANSMIT, "retval == 0"),
    'not-available: retval: "tracepoint:tcp:tcp_retransmit_skb" has no "retval"; probe the return of the function',
  ],
  [
    filter(RETRANSMIT, "elapsed > 1s"),
    'not-available: elapsed: "tracepoint:tcp:tcp_retransmit_skb" is not a span and has no "elapsed"; measure a span: "probe: {from: PROBE, to: PROBE}"',
  ],
  [
    filter("uretprobe:/bin/bash:readline", "args.line == 0"),
    'unknown-field: line: "uretprobe:/bin/bash:readline" has no arguments by name; write "retval"',
  ],
  [
    filter(RETRANSMIT, "args.sport.x == 0"),
    'type-mismatch: args.sport: expected a struct, found a 16-bit unsigned integer; write cast(x, "TYPE") if the number is the address of a struct',
  ],
  [
    filter(RETRANSMIT, "args.sport in 65535..1024"),
    "empty-range: 65535..1024: expected a range whose first end is the lower one; write 1024..65535",
  ],
  [
    filter(RETRANSMIT, 'cast(args.skbaddr, "sk_buf").len == 0'),
    'unknown-type: "sk_buf": this kernel has no type "sk_buf"; did you mean "sk_buff"?',
  ],
  [
    filter(RETRANSMIT, "cast(args.skbaddr, sk_buff).len == 0"),
    'bad-argument: sk_buff: expected the name of a type in quotes; write cast(x, "sk_buff")',
  ],
  [
    filter(RETRANSMIT, "args.skaddr.sk_family == 0"),
    'type-mismatch: args.skaddr: expected a struct, found a pointer "void *"; name the type that it points to with cast(x, "TYPE")',
  ],
  [
    filter(RETRANSMIT, "ntoh(args.sport) == 1"),
    'unknown-function: ntoh: unknown function "ntoh"; did you mean "ntohl"?',
  ],
  [
    filter(RETRANSMIT, "ntohs() == 1"),
    'bad-argument-count: ntohs(): expected 1 argument, found 0; write "ntohs(number)"',
  ],
  [
    filter(RETRANSMIT, 'str(args.sport) == "x"'),
    "type-mismatch: args.sport: expected a pointer to characters, found a 16-bit unsigned integer",
  ],
  [filter(OPEN, 'str(args.filename, 1) == "x"'), "bad-argument: 1: expected a constant from 2 to 4096 bytes, found 1"],
  [
    filter(OPEN, 'args.filename == "x"'),
    'type-mismatch: args.filename == "x": expected comparable operands of "==", found a pointer "char *" and a string; write str(x) to read the string that a pointer points to',
  ],
  [
    filter(OPEN, 'glob(str(args.filename), "[a")'),
    'bad-argument: "[a": expected a "]" that ends the set, found the end of the pattern; write a backslash before a bracket to match the bracket',
  ],
  [
    filter(RETRANSMIT, "args.err"),
    'type-mismatch: args.err: expected a boolean, found a 32-bit signed integer; compare it: "x != 0"',
  ],
  [
    filter(RETRANSMIT, "comm == 5"),
    'type-mismatch: comm == 5: expected comparable operands of "==", found a string and a number; write a string in quotes',
  ],
  [filter(RETRANSMIT, 'comm < "x"'), 'type-mismatch: comm < "x": expected numbers on both sides of "<", found strings'],
  [
    filter(RETRANSMIT, "args.saddr_v6 == 10.0.0.0/8"),
    'type-mismatch: 10.0.0.0/8: expected an address, found a network; write "address in network"',
  ],
  [
    filter(RETRANSMIT, "args.sport in 10.0.0.0/8"),
    'type-mismatch: 10.0.0.0/8: expected an address to the left of "in", found a 16-bit unsigned integer; write address(x) for a 32-bit integer, or a struct in_addr, in6_addr or sockaddr',
  ],
  [
    filter(RETRANSMIT, "args.sport in 5"),
    'type-mismatch: 5: expected a list, a range or a network to the right of "in", found a number; write "==" for one value, a list "[a, b]", a range "1..10" or a network "10.0.0.0/8"',
  ],
  [
    filter(RETRANSMIT, "comm + 1 == 2"),
    'type-mismatch: comm: expected an integer, found a string; a string can be used in "by", "event" and comparisons',
  ],
  [filter(RETRANSMIT, "args.saddr_v6[1] == 2"), "type-mismatch: args.saddr_v6: expected an array, found an address"],
  [filter(RETRANSMIT, "task.comm[16] == 2"), "bad-argument: 16: expected an index from 0 to 15, found 16"],
  [
    filter(PAGES, "args.index > -1"),
    'sign-mismatch: args.index > -1: expected integers of one signedness, found 64-bit unsigned and a negative number; write cast(x, "s64") around the unsigned one, or cast(x, "u64") around the signed one',
  ],
  [
    filter(RETRANSMIT, "now > 5"),
    'duration-mismatch: now > 5: expected the same unit on both sides of ">", found a point in time and a number; compare a point in time only with another one, or subtract the two for a duration',
  ],
  [
    filter(RETRANSMIT, "1ms + 5 > 5ms"),
    'duration-mismatch: 1ms + 5: expected the same unit on both sides of "+", found a duration and a number; write durations with a unit, such as 250ms',
  ],
  [
    filter(RETRANSMIT, "args.err > 0.5"),
    'user-space-only: 0.5: expected an integer, found a decimal; the kernel computes with integers: compare ratios in "threshold" or "let"',
  ],
  [
    filter(RETRANSMIT, "args.err > -18446744073709551615"),
    "number-too-large: -18446744073709551615: expected an integer of 64 bits, found -18446744073709551615; the smallest is -9223372036854775808",
  ],
  [
    filter(RETRANSMIT, "(pid == 1 ? comm : 5) == 5"),
    "type-mismatch: pid == 1 ? comm : 5: expected branches of one type, found a string and a number",
  ],
  [
    filter(RETRANSMIT, "1 > 2"),
    'constant-filter: 1 > 2: this is never true at "tracepoint:tcp:tcp_retransmit_skb"; nothing is counted there: change the condition, or leave the probe out',
  ],
  [
    filter(RETRANSMIT, "sum(args.err) > 2"),
    'misplaced-aggregate: sum: expected a value, found the aggregate function "sum"; write "aggregate: sum(x)", and compare it in "threshold"',
  ],
  [
    aggregate("args.err"),
    "not-an-aggregate: args.err: expected an aggregate function, found an expression; write one of count(), sum(x), avg(x[, weight]), stddev(x), min(x), max(x), last(x), histogram(x[, weight]), linear_histogram(x, lo, hi, step[, weight]), distinct(x)",
  ],
  [
    aggregate("summ(args.err)"),
    'not-an-aggregate: summ(args.err): expected an aggregate function, found "summ"; did you mean "sum"?',
  ],
  [
    aggregate("histogram()"),
    'bad-argument-count: histogram(): expected 1 or 2 arguments, found 0; write "histogram(x[, weight])"',
  ],
  [aggregate("sum()"), 'bad-argument-count: sum(): expected 1 argument, found 0; write "sum(x)"'],
  [
    aggregate("sum(comm)"),
    'type-mismatch: comm: expected an integer, found a string; a string can be used in "by", "event" and comparisons',
  ],
  [
    by(RETRANSMIT, "task.se"),
    'bad-column: task.se: expected an integer, boolean, string or address, found a "struct sched_entity"; name one of its fields',
  ],
  [
    by(OPEN, "args.filename"),
    'bad-column: args.filename: expected an integer, boolean, string or address, found a pointer "char *"; write str(x) to read the string that it points to',
  ],
  [
    by(OPEN, "str(args.filename, 512)"),
    "bad-column: str(args.filename, 512): expected a string of at most 256 bytes in a key, found one of 512; write str(x, 256)",
  ],
  [
    filter(OPEN, `str(args.filename) == "${"x".repeat(256)}"`),
    `oversized: str(args.filename) == "${"x".repeat(256)}": expected a text of at most 256 bytes to compare with, found one of 257; compare the beginning: starts_with(x, "...")`,
  ],
  [
    {
      signals: {
        value: {
          probe: {
            any: [
              { probe: FSYNC, with: { n: "args.fd" } },
              { probe: PAGES, with: { n: "comm" } },
            ],
          },
          aggregate: "count()",
        },
      },
      by: { x: "n" },
    },
    'type-mismatch: x: expected "x" to be of one type at all probes, found a 32-bit unsigned integer and a string',
  ],
  [
    { signals: { a: { probe: FSYNC, aggregate: { n: "count()" } }, b: { probe: PAGES, aggregate: { n: "count()" } } } },
    'duplicate-name: n: expected names that differ, found "n" twice',
  ],
  [
    { signals: { value: { probe: FSYNC } } },
    'nothing-to-do: value: "value" counts nothing; write "aggregate: count()" or "event: {NAME: EXPR}"',
  ],
  [
    {
      signals: { value: { probe: FSYNC, with: { a: "b", b: "a", c: "nme" }, filter: "a == 1", aggregate: "count()" } },
    },
    'circular-name: b: expected "a" to be defined by other names, found itself',
    'unknown-name: nme: unknown name "nme"; fields of the probe are "args.NAME"; the names are c, b, a, pid, tid, uid, gid, comm, cgroup, unit, container, pod, cpu, numa_node, now, task, ppid, loginuid, sessionid, pcomm, tty, cwd, exe, self, compat, kstack, ustack, probe, func, retval, elapsed',
  ],
  [
    {
      signals: {
        value: { probe: PAGES, during: { from: FSYNC, to: FSYNC, toFilter: "pid == 1" }, aggregate: "count()" },
      },
    },
    'bad-probe: pid == 1: expected no filter at the end of "during", where nothing is counted; to say which events are ends, write the filter beside the probe: "to: {probe: PROBE, filter: EXPR}"',
  ],
];

function shown(rule: RuleText): readonly string[] {
  return check(rule, kernel).diagnostics.map(({ code, help, message, span }) => {
    const text = span.source.text.slice(span.start, span.end);
    return `${code}: ${text}: ${message}${help === undefined ? "" : `; ${help}`}`;
  });
}

test("every error is reported once, at its place, with what to write instead", () => {
  for (const [rule, ...expected] of GOLDEN) assert.deepEqual(shown(rule), expected);
});

test("every code has a golden message", () => {
  // `missing-function.test.ts` has a program with functions that can be left out,
  // `same-name.test.ts` a kernel with types of one name
  const elsewhere: readonly string[] = ["left-out", "ambiguous-type"];
  const seen = new Set(GOLDEN.flatMap(([, ...lines]) => lines.map((line) => line.split(":")[0])));
  assert.deepEqual(
    Object.keys(CHECK_CODES).filter((code) => !seen.has(code) && !elsewhere.includes(code)),
    [],
  );
});
