import { globSync, readFileSync } from "node:fs";

const SOURCES = ["/etc/apt/sources.list.d/*.sources", "/etc/apt/sources.list", "/etc/apt/sources.list.d/*.list"];

/** Keys that Debian's archives are signed with; package debian-archive-keyring. */
export const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/**
 * Returns the archive that this system gets Debian's packages from, by apt's own settings: the
 * sources stay as they are, and no other host is asked.
 * @throws Error if apt has no archive of Debian
 */
export function debianMirror(): string {
  for (const text of globSync(SOURCES).map((path) => readFileSync(path, "utf8"))) {
    const [url] = /(?<=^URIs:.*\s|^deb\s.*)https?:\/\/\S+\/debian\/?(?=\s|$)/m.exec(text) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error(
    "no Debian archive in /etc/apt/sources.list or /etc/apt/sources.list.d: the guests are built from it",
  );
}
