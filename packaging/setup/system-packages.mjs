/**
 * @typedef {object} SystemPackage
 * @property {"start" | "test" | "bench" | "vm" | "package"} need the command that needs it; tests
 * and measurements also need the packages of a start
 * @property {{ readonly command: string } | { readonly library: string } | { readonly header:
 * string }} proof how its presence is detected
 * @property {string} use
 * @property {Readonly<Record<import("./package-managers.mjs").PackageManager["command"], string>>}
 * names its name in each distribution; several are separated by spaces
 */

/** @type {readonly SystemPackage[]} */
export const systemPackages = [
  {
    need: "start",
    proof: { library: "libbpf.so.1" },
    use: "loading programs",
    names: { "apt-get": "libbpf1", dnf: "libbpf", apk: "libbpf", zypper: "libbpf1", pacman: "libbpf" },
  },
  {
    need: "test",
    proof: { command: "bpftool" },
    use: "reading the object files that the compiler writes, and what is left in the kernel",
    names: { "apt-get": "bpftool", dnf: "bpftool", apk: "bpftool", zypper: "bpftool", pacman: "bpf" },
  },
  {
    need: "test",
    proof: { command: "llvm-objdump" },
    use: "reading the object files that the compiler writes",
    names: everywhere("llvm"),
  },
  {
    need: "test",
    proof: { command: "ss" },
    use: "network namespaces, and the kernel's own count of retransmitted segments",
    names: { ...everywhere("iproute2"), dnf: "iproute" },
  },
  { need: "test", proof: { command: "iptables" }, use: "dropping packets", names: everywhere("iptables") },
  { need: "test", proof: { command: "setpriv" }, use: "running without privilege", names: everywhere("util-linux") },
  { need: "test", proof: { command: "setfacl" }, use: "files that others may write", names: everywhere("acl") },
  { need: "test", proof: { command: "bash" }, use: "the shell under audit", names: everywhere("bash") },
  {
    need: "test",
    proof: { command: "smtp-sink" },
    use: "a mail server for e-mail actions",
    names: everywhere("postfix"),
  },
  {
    need: "test",
    proof: { command: "dkimverify" },
    use: "verifying the signatures of mails",
    names: {
      "apt-get": "python3-dkim",
      dnf: "python3-dkimpy",
      apk: "py3-dkimpy",
      zypper: "python3-dkimpy",
      pacman: "python-dkim",
    },
  },
  { need: "test", proof: { command: "pngcheck" }, use: "checking pictures in mails", names: everywhere("pngcheck") },
  {
    need: "test",
    proof: { command: "ps" },
    use: "looking at processes",
    names: { ...everywhere("procps"), dnf: "procps-ng", pacman: "procps-ng" },
  },
  {
    need: "test",
    proof: { command: "gcc" },
    use: "making programs whose symbols are read",
    names: { ...everywhere("gcc glibc-devel"), "apt-get": "gcc libc6-dev", apk: "gcc musl-dev", pacman: "gcc" },
  },
  {
    need: "test",
    proof: { command: "promtool" },
    use: "Prometheus's alerts, to compare with ours",
    names: { ...everywhere("prometheus"), dnf: "golang-github-prometheus" },
  },
  {
    need: "test",
    proof: { command: "prometheus-alertmanager" },
    use: "Alertmanager's notifications, to compare with ours",
    names: { ...everywhere("alertmanager"), "apt-get": "prometheus-alertmanager" },
  },
  {
    need: "test",
    proof: { command: "rsyslogd" },
    use: "a receiver of syslog, also over TLS",
    names: {
      ...everywhere("rsyslog rsyslog-openssl"),
      apk: "rsyslog rsyslog-tls",
      zypper: "rsyslog",
      pacman: "rsyslog",
    },
  },
  { need: "test", proof: { command: "mkfs.ext4" }, use: "file systems of their own", names: everywhere("e2fsprogs") },
  { need: "test", proof: { command: "curl" }, use: "TLS by OpenSSL's library", names: everywhere("curl") },
  {
    need: "test",
    proof: { command: "java" },
    use: "the static probes of a Java machine",
    names: {
      "apt-get": "default-jre-headless",
      dnf: "java-headless",
      apk: "openjdk17-jre-headless",
      zypper: "java-17-openjdk-headless",
      pacman: "jre-openjdk-headless",
    },
  },
  {
    need: "test",
    proof: { command: "readelf" },
    use: "reading their symbols by other means",
    names: everywhere("binutils"),
  },
  {
    need: "test",
    proof: { command: "script" },
    use: "shells on a terminal",
    names: { ...everywhere("util-linux"), "apt-get": "bsdutils", dnf: "util-linux-script" },
  },
  { need: "test", proof: { command: "tmux" }, use: "terminals of any size", names: everywhere("tmux") },
  { need: "test", proof: { command: "zsh" }, use: "completing command lines", names: everywhere("zsh") },
  { need: "test", proof: { command: "fish" }, use: "completing command lines", names: everywhere("fish") },
  { need: "test", proof: { command: "diff" }, use: "comparing with its output", names: everywhere("diffutils") },
  { need: "test", proof: { command: "patch" }, use: "applying differences", names: everywhere("patch") },
  {
    need: "test",
    proof: { command: "groff" },
    use: "formatting man pages",
    names: { ...everywhere("groff"), "apt-get": "groff-base" },
  },
  {
    need: "test",
    proof: { command: "chromium" },
    use: "looking at the status page with a browser",
    names: everywhere("chromium"),
  },
  { need: "bench", proof: { command: "bpftrace" }, use: "comparing with it", names: everywhere("bpftrace") },
  { need: "bench", proof: { command: "clang" }, use: "comparing with C", names: everywhere("clang") },
  {
    need: "bench",
    proof: { header: "bpf/bpf_helpers.h" },
    use: "comparing with C",
    names: { ...everywhere("libbpf-devel"), "apt-get": "libbpf-dev", apk: "libbpf-dev", pacman: "libbpf" },
  },
  {
    need: "vm",
    proof: { command: "qemu-system-x86_64" },
    use: "guests with other kernels",
    names: { ...everywhere("qemu-system-x86"), apk: "qemu-system-x86_64", zypper: "qemu-x86" },
  },
  {
    need: "vm",
    proof: { command: "qemu-system-aarch64" },
    use: "a guest of the other architecture",
    names: {
      "apt-get": "qemu-system-arm",
      dnf: "qemu-system-aarch64",
      apk: "qemu-system-aarch64",
      zypper: "qemu-arm",
      pacman: "qemu-system-aarch64",
    },
  },
  {
    need: "vm",
    proof: { command: "mmdebstrap" },
    use: "the guests' userspace",
    names: everywhere("mmdebstrap"),
  },
  { need: "vm", proof: { command: "mke2fs" }, use: "the guests' disks", names: everywhere("e2fsprogs") },
  { need: "vm", proof: { command: "depmod" }, use: "the guests' kernel modules", names: everywhere("kmod") },
  { need: "package", proof: { command: "dpkg-deb" }, use: "making a .deb", names: everywhere("dpkg") },
  {
    need: "package",
    proof: { command: "rpmbuild" },
    use: "making an .rpm",
    names: { "apt-get": "rpm", dnf: "rpm-build", apk: "rpm", zypper: "rpm-build", pacman: "rpm-tools" },
  },
  { need: "package", proof: { command: "llvm-strip" }, use: "a smaller Node.js", names: everywhere("llvm") },
];

/**
 * @param {string} name
 * @returns {SystemPackage["names"]}
 */
function everywhere(name) {
  return { "apt-get": name, dnf: name, apk: name, zypper: name, pacman: name };
}

/** @type {Readonly<Record<SystemPackage["need"], readonly SystemPackage["need"][]>>} */
const needed = {
  start: ["start"],
  test: ["start", "test", "package"],
  bench: ["start", "bench"],
  vm: ["vm"],
  package: ["package"],
};

/**
 * Returns the packages to install.
 * @param {SystemPackage["need"]} need
 * @param {(proof: SystemPackage["proof"]) => boolean} isPresent
 * @param {readonly SystemPackage[]} [packages]
 */
export function missingPackages(need, isPresent, packages = systemPackages) {
  return packages.filter((each) => needed[need].includes(each.need) && !isPresent(each.proof));
}
