import assert from "node:assert/strict";
import { readFileSync, readlinkSync } from "node:fs";
import { userInfo } from "node:os";
import { compileProgram } from "../../../bpf/compile/compile-program.ts";
import { decodeRecord } from "../../../daemon/sample/decode-record.ts";
import { checked, type RuleText } from "../../bpf/check/rule.ts";
import { callGetppid, GETPPID, kernel, kernelWithout } from "../compile/host.ts";
import { runRule } from "../compile/run-rule.ts";
import { plainNames } from "../support/plain-names.ts";
import { kernelTest } from "../privilege.ts";

const ENTER = "tracepoint:raw_syscalls:sys_enter";
const OURS = `args.id == ${GETPPID} and pid == ${process.pid}`;

/** The value of each expression at one getppid(2) of this process, and how many reads faulted. */
async function valuesOf(
  event: Readonly<Record<string, string>>,
  on = kernel,
  probe = ENTER,
  filter = OURS,
): Promise<Readonly<Record<string, unknown>>> {
  const program = checked({ signals: { value: { probe, filter } }, event }, on);
  const { health, records } = await runRule(program, () => callGetppid(1), on);
  const layout = compileProgram(program, on).layout.record;
  const [bytes] = records;
  assert.ok(layout !== undefined && bytes !== undefined, "one record");
  const decoded = decodeRecord(layout, bytes, { rule: "rule", bootOffsetNs: 0n, names: plainNames });
  assert.ok(decoded.ok);
  assert.equal(health.faulted, 0n);
  assert.deepEqual(decoded.record.truncated, []);
  return decoded.record.fields;
}

const parent = process.ppid;
const proc = (pid: number, file: string): string => readFileSync(`/proc/${pid}/${file}`, "utf8").trim();

const WHO = {
  pid: "pid",
  tid: "tid",
  ppid: "ppid",
  uid: "uid",
  gid: "gid",
  comm: "comm",
  pcomm: "pcomm",
  cwd: "cwd",
  exe: "exe",
  walked: "task.group_leader.real_parent.tgid",
};

for (const [title, on] of [
  ["by plain loads", kernel],
  ["by helper", kernelWithout("current_task_btf")],
] as const) {
  kernelTest(`builtins about the running process, read ${title}, agree with /proc`, async () => {
    const values = await valuesOf(WHO, on);
    const { gid, uid } = userInfo();
    const numbers = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
    assert.deepEqual(numbers, {
      pid: String(process.pid),
      tid: String(process.pid),
      ppid: String(parent),
      uid: String(uid),
      gid: String(gid),
      comm: proc(process.pid, "comm"),
      pcomm: proc(parent, "comm"),
      cwd: process.cwd(),
      exe: readlinkSync("/proc/self/exe"),
      walked: String(parent),
    });
  });
}

kernelTest("folded constants equal the numbers that the kernel computes", async () => {
  const numbers = ["7", "-7", "0", "63", "-9223372036854775807"];
  const operators = ["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>", "<", ">="];
  const event: Record<string, string> = {};
  for (const operator of operators) {
    for (const [a, left] of numbers.entries()) {
      for (const [b, right] of numbers.entries()) {
        // the id of the system call less itself is a 0 that only the kernel knows
        const unknown = `(args.id - ${GETPPID})`;
        event[`x${Object.keys(event).length}_${a}_${b}`] =
          `((${left}) ${operator} (${right})) == ((${left} + ${unknown}) ${operator} (${right} + ${unknown}))`;
      }
    }
  }
  const values = await valuesOf(event);
  const wrong = Object.entries(values).filter(([, value]) => value !== true);
  assert.deepEqual(
    wrong.map(([name]) => event[name]),
    [],
  );
});

kernelTest("typed arguments of a raw tracepoint are read at their own width, and their fields followed", async () => {
  const event = { id: "args.id", same: "arg1 == args.id", ip: 'cast(args.regs.orig_ax, "s64") == args.id' };
  const onX64 = process.arch === "x64" ? event : { id: event.id, same: event.same };
  const values = await valuesOf(onX64, kernel, "rawtracepoint:sys_enter");
  assert.equal(String(values["id"]), String(GETPPID));
  assert.deepEqual(
    Object.values(values)
      .slice(1)
      .every((value) => value === true),
    true,
  );
});

kernelTest("strings, addresses, membership and conditions pass the verifier together", async () => {
  const opened = { file: "str(args.filename)", dfd: "args.dfd" };
  const rule: RuleText = {
    signals: {
      value: {
        probe: "tracepoint:syscalls:sys_enter_openat",
        with: opened,
        filter: `comm in ["cat", "bash"] or starts_with(file, "/etc/") or (tty != "" and pcomm != "x")`,
        aggregate: { n: "count()", fds: "max(args.dfd)" },
      },
      sent: {
        probe: { probe: "tracepoint:tcp:tcp_retransmit_skb", with: { dfd: "0", file: '"none"' } },
        filter: "args.saddr_v6 in [10.0.0.0/8, ::1] and args.sport not in [22, 1024..65535]",
        aggregate: "count()",
      },
    },
    by: { file: "file", where: 'dfd == -100 ? "cwd" : "fd"' },
  };
  const program = checked(rule, kernel);
  const { rows } = await runRule(program, () => void readFileSync("/etc/hostname"));
  const files = rows.map(({ key }) => new TextDecoder().decode(key).split("\0")[0]);
  assert.ok(files.includes("/etc/hostname"), files.join(" "));
});
