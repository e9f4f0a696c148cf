/** @typedef {import("./host-facts.mjs").HostFacts} HostFacts */

/**
 * The capability that perf events and tracing programs need if `kernel.perf_event_paranoid` is 3,
 * as on Debian.
 */
const CAP_SYS_ADMIN = 1n << 21n;

/** The first kernel that bpfwarden supports. */
const OLDEST_KERNEL = [5, 10];

/**
 * The requirements of a host: a test, and a sentence for users that names what is missing and how
 * to get it.
 * @type {readonly { readonly holds: (facts: HostFacts) => boolean, readonly lack: (facts:
 * HostFacts) => string }[]}
 */
const requirements = [
  {
    holds: ({ platform }) => platform === "linux",
    lack: ({ platform }) =>
      `bpfwarden runs on Linux only, and this is "${platform}": use a Linux host or virtual machine`,
  },
  {
    holds: ({ architecture }) => ["x64", "arm64"].includes(architecture),
    lack: ({ architecture }) => `bpfwarden runs on x86-64 and arm64, and this is "${architecture}"`,
  },
  {
    holds: ({ root }) => root,
    lack: () => "loading BPF programs needs root: run it as root, for example with `sudo npm start`",
  },
  {
    holds: ({ root, capabilities }) => !root || (capabilities & CAP_SYS_ADMIN) !== 0n,
    lack: () =>
      "root lacks CAP_SYS_ADMIN here, as in a container: run it on the host, or in a container started with `--privileged --pid=host`",
  },
  {
    holds: ({ kernelRelease }) => isAtLeast(kernelRelease, OLDEST_KERNEL),
    lack: ({ kernelRelease }) =>
      `Linux ${OLDEST_KERNEL.join(".")} or newer is needed, and this is ${kernelRelease}: boot a newer kernel`,
  },
  {
    holds: ({ bpf }) => bpf,
    lack: () =>
      "the kernel has no BPF: boot one built with CONFIG_BPF_SYSCALL=y and CONFIG_BPF_EVENTS=y, as distributions' are",
  },
  {
    holds: ({ btf }) => btf,
    lack: () =>
      "the kernel does not describe its types (/sys/kernel/btf/vmlinux is missing): boot one built with CONFIG_DEBUG_INFO_BTF=y, as distributions' are",
  },
  {
    holds: ({ root, tracepoints }) => !root || tracepoints,
    lack: () =>
      "the kernel shows no tracepoints in /sys/kernel/tracing/events: mount them with `mount -t tracefs tracefs /sys/kernel/tracing`, " +
      "or boot a kernel built with CONFIG_FTRACE=y",
  },
];

/**
 * Returns all reasons why bpfwarden cannot run on a host, in words for users. On a system other
 * than Linux, that is the only reason.
 * @param {HostFacts} facts
 * @returns {readonly string[]}
 */
export function hostProblems(facts) {
  const applicable = facts.platform === "linux" ? requirements : requirements.slice(0, 1);
  return applicable.filter(({ holds }) => !holds(facts)).map(({ lack }) => lack(facts));
}

/**
 * @param {string} release such as "6.1.0-18-amd64"
 * @param {readonly number[]} oldest
 */
function isAtLeast(release, oldest) {
  const [major = 0, minor = 0] = release.split(/[.-]/).map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldest;
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}
