import assert from "node:assert/strict";
import { test } from "node:test";
import type { Step } from "../../../bpf/check/checked-program.ts";
import { fixtureKernel } from "../kernel-fixture.ts";
import { checked, onlyProgram, stepsOf, withoutSpans } from "./rule.ts";

const kernel = fixtureKernel();
const FROM = { any: ["tracepoint:syscalls:sys_enter_read", "tracepoint:syscalls:sys_enter_pread64"] };
const TO = { any: ["tracepoint:syscalls:sys_exit_read", "tracepoint:syscalls:sys_exit_pread64"] };
const ADD = "tracepoint:filemap:mm_filemap_add_to_page_cache";
const GET = "tracepoint:filemap:mm_filemap_get_pages";

const order = (steps: readonly Step[]): string => steps.map((step) => step.do).join(" ");

test("TCP retransmits: segments by both ends", () => {
  const program = checked(
    {
      signals: {
        value: {
          probe: "tracepoint:tcp:tcp_retransmit_skb",
          filter: "(args.err ?? 0) == 0",
          aggregate: 'sum(cast(cast(args.skbaddr, "sk_buff").cb, "tcp_skb_cb").tcp_gso_segs)',
        },
      },
      by: { saddr: "args.saddr_v6", sport: "args.sport", daddr: "args.daddr_v6", dport: "args.dport" },
    },
    kernel,
  );
  assert.equal(order(onlyProgram(program).steps), "filter matched aggregate");
  assert.deepEqual(
    program.key.map(({ name, type }) => [name, type.kind]),
    [
      ["saddr", "address"],
      ["sport", "integer"],
      ["daddr", "address"],
      ["dport", "integer"],
    ],
  );
  const [aggregate] = program.aggregates;
  assert.deepEqual(withoutSpans(aggregate), {
    name: "value",
    signal: "value",
    function: "sum",
    signed: false,
    meaning: { kind: "plain" },
  });
});

test("page cache: reads in pages, and the pages that they added", () => {
  const during = { from: FROM, to: TO };
  const program = checked(
    {
      signals: {
        read: { probe: { from: GET, to: TO, toFilter: "args.ret > 0" }, aggregate: "sum((args.ret + 4095) / 4096)" },
        missed: { probe: ADD, during, with: { pages: "1 << args.order" }, aggregate: "sum(pages)" },
        added: { probe: ADD, during, aggregate: "count()" },
      },
    },
    kernel,
  );
  assert.deepEqual(
    program.programs.map(({ attach, name, steps }) => [name, attach.length, order(steps)]),
    [
      ["during_from", 2, "only-at span-open"],
      ["read_from", 1, "span-open"],
      ["read_to", 2, "only-at span-close filter matched aggregate next-part only-at span-close"],
      ["missed", 1, "inside bind matched aggregate"],
      ["added", 1, "inside matched aggregate"],
    ],
  );
  assert.deepEqual(
    program.spans.map(({ id, name }) => [id, name]),
    [
      [0, "read"],
      [1, "during"],
    ],
  );
  assert.deepEqual(
    program.aggregates.map(({ name, signed }) => [name, signed]),
    [
      ["read", true],
      ["missed", true],
      ["added", false],
    ],
  );
});

test("shell audit: the first alternative on this host, one record with user, terminal and time", () => {
  const event = { command: "str(retval)", pid: "pid", uid: "uid", tty: "tty", cwd: "cwd", exe: "exe" };
  const probe = ["uretprobe:/bin/bash:no_such_function", "uretprobe:/bin/bash:readline"];
  const program = checked({ signals: { value: { probe, filter: "retval != 0" } }, event }, kernel);
  const one = onlyProgram(program);
  assert.ok(one.attach[0]?.kind === "uprobe" && one.attach[0].symbol === "readline" && one.attach[0].returns);
  assert.equal(order(one.steps), "filter bind bind bind bind matched emit");
  assert.deepEqual(program.aggregates, []);
  assert.deepEqual(
    program.record?.map(({ name, type }) => [name, type.kind]),
    [
      ["command", "string"],
      ["pid", "integer"],
      ["uid", "integer"],
      ["tty", "string"],
      ["cwd", "string"],
      ["exe", "string"],
    ],
  );
});

test("slow fsync: durations and kept values by comm", () => {
  const probe = {
    from: "tracepoint:syscalls:sys_enter_fsync",
    to: "tracepoint:syscalls:sys_exit_fsync",
    keep: { fd: "args.fd" },
  };
  const aggregate = { slowest: "max(elapsed)", total: "sum(elapsed)", many: "count()" };
  const program = checked(
    { signals: { value: { probe, filter: "elapsed > 250ms", aggregate } }, by: { comm: "comm", fd: "fd" } },
    kernel,
  );
  const [open, close] = program.programs;
  assert.ok(open !== undefined && close !== undefined);
  assert.equal(order(open.steps), "only-at span-open");
  assert.equal(order(close.steps), "only-at span-close filter matched aggregate");
  const [opened] = stepsOf(open, "span-open");
  const registers = { op: "context", offset: 0, bytes: 8, signed: false };
  // pt_regs.di
  const load = { op: "load", base: registers, offset: 112, bytes: 4, signed: false, how: "direct" };
  assert.deepEqual(withoutSpans(opened?.keeps), [{ scalar: load }]);
  const [closed] = stepsOf(close, "span-close");
  const [counted] = stepsOf(close, "aggregate");
  assert.deepEqual(withoutSpans(counted?.key[1]), { scalar: { op: "variable", variable: closed?.keeps[0] } });
  assert.deepEqual(
    program.aggregates.map(({ meaning }) => meaning.kind),
    ["duration", "duration", "plain"],
  );
  assert.deepEqual(program.key[0]?.type, { kind: "string", maxBytes: 16, form: "text" });
});

test("a list with spans uses the first span whose ends both exist, with its own filter", () => {
  const span = (to: string) => ({ from: "tracepoint:syscalls:sys_enter_fsync", to, keep: { fd: "args.fd" } });
  const probe = [span("tracepoint:syscalls:nothing"), span("tracepoint:syscalls:sys_exit_fsync"), GET];
  const { programs, spans } = checked({ signals: { value: { probe, aggregate: "max(elapsed)" } } }, kernel);
  assert.deepEqual(
    programs.map(({ steps }) => order(steps)),
    ["only-at span-open", "only-at span-close matched aggregate"],
  );
  assert.equal(spans.length, 1);
  const point = ["tracepoint:syscalls:nothing", { from: "tracepoint:a:b", to: GET }, GET];
  const plain = checked({ signals: { value: { probe: point, aggregate: "count()" } } }, kernel);
  assert.equal(order(onlyProgram(plain).steps), "matched aggregate");
});

test("`with` is bound once, at its first use, after the filters that do not need it", () => {
  const signal = {
    probe: { probe: ADD, filter: "args.order > 0" },
    with: { pages: "1 << args.order" },
    filter: "pages > 4",
  };
  const program = checked(
    { signals: { value: { ...signal, aggregate: { n: "sum(pages)", m: "max(pages)" } } } },
    kernel,
  );
  assert.equal(order(onlyProgram(program).steps), "filter bind filter matched aggregate");
});

test("probes with different arguments get separate programs, with one column", () => {
  const probe = {
    any: [
      { probe: "tracepoint:syscalls:sys_enter_fsync", with: { n: "args.fd" } },
      { probe: ADD, with: { n: "args.order" } },
    ],
  };
  const program = checked(
    { signals: { value: { probe, aggregate: "count()" } }, by: { n: "n", where: "probe" } },
    kernel,
  );
  assert.deepEqual(
    program.programs.map(({ name }) => name),
    ["value", "value_2"],
  );
  assert.deepEqual(
    program.key.map(({ type }) => (type.kind === "integer" ? type.bits : type.kind === "string" && type.maxBytes)),
    [32, ADD.length + 1],
  );
});

test("all system calls of a rule are one program with one link", () => {
  const any = ["tracepoint:syscalls:sys_enter_*", { probe: GET }];
  const { programs } = checked({ signals: { value: { probe: { any }, aggregate: "count()" } } }, kernel);
  const kinds = programs.map(({ attach }) => [...new Set(attach.map(({ kind }) => kind))]);
  assert.deepEqual(kinds, [["syscall"], ["rawtracepoint"]]);
  assert.ok((programs[0]?.attach.length ?? 0) > 10);
});
