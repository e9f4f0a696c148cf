/**
 * @typedef {object} PackageManager
 * @property {"apt-get" | "dnf" | "apk" | "zypper" | "pacman"} command
 * @property {readonly string[]} install arguments before the packages' names
 * @property {readonly string[]} [refresh] arguments that fetch the package lists, run only when an
 * installation failed without them
 */

/** The first one whose command exists is used. @type {readonly PackageManager[]} */
export const packageManagers = [
  { command: "apt-get", install: ["install", "-y", "-q", "--no-install-recommends"], refresh: ["update", "-q"] },
  { command: "dnf", install: ["install", "-y", "-q", "--setopt=install_weak_deps=False"] },
  { command: "apk", install: ["add", "--no-cache", "-q"] },
  {
    command: "zypper",
    install: ["--non-interactive", "install", "--no-recommends"],
    refresh: ["--non-interactive", "refresh"],
  },
  { command: "pacman", install: ["-S", "--noconfirm", "--needed", "-q"], refresh: ["-Sy"] },
];
