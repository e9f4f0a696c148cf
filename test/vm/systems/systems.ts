import { type Architecture, guests } from "../guests.ts";

/** A release of Debian, booted with systemd, in which the package is installed. */
export interface System {
  readonly name: string;
  readonly suite: string;
  /** the guest that has the release's kernel */
  readonly kernel: string;
  /**
   * folders and files of the checkout: `npm run test:vm` boots the system if one has changed since
   * the whole matrix ran; `npm run test:all` always does
   */
  readonly subjects: readonly string[];
}

const INSTALLED = ["packaging/package/", "packaging/bpfwarden.service", "daemon/service/", "test/vm/systems/"];

export const systems: readonly System[] = [
  { name: "debian-12", suite: "bookworm", kernel: "6.1", subjects: INSTALLED },
  { name: "debian-13", suite: "trixie", kernel: "6.12", subjects: [] },
];

/** The architecture of all of them: packages are installed by their own scripts, which run here. */
export const systemArchitecture: Architecture = architectureOf("6.1");

function architectureOf(name: string): Architecture {
  const guest = guests.find((each) => each.name === name);
  if (guest === undefined) throw new Error(`expected a guest "${name}" in guests.ts`);
  return guest.architecture;
}
