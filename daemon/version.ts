import manifest from "../package.json" with { type: "json" };

/** Of this program, as package.json has it. */
export const VERSION = manifest.version;

/** The daemon's name for itself in requests to receivers. */
export const USER_AGENT = `bpfwarden/${VERSION}`;
