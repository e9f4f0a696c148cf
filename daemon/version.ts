import manifest from "../package.json" with { type: "json" };

/** Of this program, as package.json has it. */
export const VERSION = manifest.version;

/** How the daemon names itself to receivers. */
export const USER_AGENT = `bpfwarden/${VERSION}`;
