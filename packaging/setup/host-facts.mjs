import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";

/**
 * Facts about the host that a start depends on.
 * @typedef {object} HostFacts
 * @property {string} platform as Node names it
 * @property {string} architecture as Node names it
 * @property {boolean} root
 * @property {bigint} capabilities effective ones, a bit each as in linux/capability.h
 * @property {string} kernelRelease as `uname -r` prints it
 * @property {boolean} bpf the kernel has the bpf system call
 * @property {boolean} btf the kernel describes its types
 * @property {boolean} tracepoints tracefs is mounted and has events
 */

/** @returns {HostFacts} this host's */
export function hostFacts() {
  return {
    platform: process.platform,
    architecture: process.arch,
    root: process.geteuid?.() === 0,
    capabilities: effectiveCapabilities(),
    kernelRelease: release(),
    // Registered together with the system call, kernel/bpf/syscall.c.
    bpf: existsSync("/proc/sys/kernel/unprivileged_bpf_disabled"),
    btf: existsSync("/sys/kernel/btf/vmlinux"),
    tracepoints: existsSync("/sys/kernel/tracing/events"),
  };
}

/** @returns {bigint} */
function effectiveCapabilities() {
  const status = existsSync("/proc/self/status") ? readFileSync("/proc/self/status", "utf8") : "";
  const hex = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return hex === undefined ? 0n : BigInt(`0x${hex}`);
}
