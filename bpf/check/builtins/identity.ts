import { binary, constant, extend } from "../constant-fold.ts";
import { integerType, scalarTerm, wholeString, type Term } from "../term.ts";
import type { Scalar, ScalarHelper } from "../typed-expression.ts";
import type { CgroupPart, Meaning } from "../type.ts";
import type { Builtin } from "./builtin.ts";

function helper(name: ScalarHelper): Scalar {
  return { op: "helper", helper: name };
}

/** Takes the low 32 bits of a register in which a helper packs two numbers. */
function low(name: ScalarHelper, meaning?: Meaning): Term {
  return scalarTerm(integerType(32, false, meaning), extend(32, false, helper(name)));
}

function high(name: ScalarHelper): Term {
  return scalarTerm(integerType(32, false), binary(">>", false, helper(name), constant(32n)));
}

const cgroupTerm = (part: CgroupPart): Term =>
  scalarTerm(integerType(64, false, { kind: "cgroup", part }), helper("cgroup_id"));

/** Values of the running thread that the kernel's helpers return. */
export const IDENTITY: readonly Builtin[] = [
  {
    name: "pid",
    doc: "Process id (the kernel's tgid) in the initial namespace.",
    lower: () => high("pid_tgid"),
  },
  {
    name: "tid",
    doc: "Thread id (the kernel's pid) in the initial namespace.",
    lower: () => low("pid_tgid"),
  },
  { name: "uid", doc: "Real user id; `user(uid)` is its name.", lower: () => low("uid_gid") },
  { name: "gid", doc: "Real group id.", lower: () => high("uid_gid") },
  {
    name: "comm",
    doc: "Name of the thread, at most 15 bytes.",
    lower: () => wholeString({ op: "comm", bytes: 16 }),
  },
  {
    name: "cgroup",
    doc: "The thread's cgroup in the version 2 hierarchy, shown by path. As a number it is the inode of its folder.",
    lower: () => cgroupTerm("path"),
  },
  {
    name: "unit",
    doc: "The systemd unit that the thread runs in, such as nginx.service; empty outside of units. As a number it is the id of the cgroup.",
    lower: () => cgroupTerm("unit"),
  },
  {
    name: "container",
    doc: "Name of the container that the thread runs in, or its short id if the runtime (Docker, Podman, containerd, CRI-O, LXC, systemd-nspawn) has none; empty outside of containers. As a number it is the id of the cgroup.",
    lower: () => cgroupTerm("container"),
  },
  {
    name: "pod",
    doc: "Namespace and name of the Kubernetes pod that the thread runs in, as NAMESPACE/NAME, or the pod's uid; empty outside of pods. As a number it is the id of the cgroup.",
    lower: () => cgroupTerm("pod"),
  },
  { name: "cpu", doc: "Number of the CPU.", lower: () => scalarTerm(integerType(32, false), helper("cpu")) },
  {
    name: "numa_node",
    doc: "Number of the CPU's NUMA node; 0 on a machine with one node.",
    lower: () => scalarTerm(integerType(32, false), helper("numa_node")),
  },
  {
    name: "now",
    doc: "Time of the event: in expressions, nanoseconds since boot; shown as Unix time.",
    lower: () => scalarTerm(integerType(64, false, { kind: "timestamp" }), helper("boot_ns")),
  },
];
