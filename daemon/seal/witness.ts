import { type Checkpoint, openCheckpoint } from "./checkpoint.ts";
import type { VerifierKey } from "./note.ts";

/** A checkpoint that somebody else kept: in a mail, in a message, in a file. */
export interface WitnessedCheckpoint {
  readonly checkpoint: Checkpoint;
  /** where it was found, such as a file's name */
  readonly where: string;
}

/**
 * A note as it stands in a text: three lines, an empty one, and a signature. Quoted text has `> `
 * before each line.
 */
const NOTE =
  /^[ >|]*([^\s+]+)[ \r]*\n[ >|]*([0-9]{1,16})[ \r]*\n[ >|]*([A-Za-z0-9+/]{43}=)[ \r]*\n[ >|\r]*\n[ >|]*(— [^\s+]+ [A-Za-z0-9+/=]+)/gmu;

/**
 * Finds the checkpoints in a text that one of the keys has signed: in a saved mail, in the JSON of
 * a message, in a file of checkpoints.
 */
export function witnessedIn(text: string, where: string, keys: readonly VerifierKey[]): readonly WitnessedCheckpoint[] {
  const notes = new Set(readings(text).flatMap(notesIn));
  return [...notes].flatMap((note) => {
    for (const key of keys) {
      const checkpoint = openCheckpoint(note, key);
      if (checkpoint !== undefined) return [{ checkpoint, where }];
    }
    return [];
  });
}

function notesIn(text: string): readonly string[] {
  return [...text.matchAll(NOTE)].map(
    ([, origin = "", size = "", root = "", signature = ""]) => `${origin}\n${size}\n${root}\n\n${signature}\n`,
  );
}

/** Lines of a mail's part in base64 (RFC 2045, section 6.8). */
const BASE64_LINES = /(?:^[A-Za-z0-9+/]{60,76}\r?\n)+(?:^[A-Za-z0-9+/]{1,76}={0,2}\r?$)?/gm;

/**
 * Returns the texts that a file may mean: itself, JSON strings, and the parts of a mail as they are
 * encoded.
 */
function readings(text: string): readonly string[] {
  const ofJson = text.replaceAll('"', "\n").replaceAll("\\n", "\n").replaceAll("\\u2014", "—").replaceAll("\\/", "/");
  const joined = text.replaceAll("=\r\n", "").replaceAll("=\n", "");
  const quotedPrintable = joined.replaceAll("=E2=80=94", "—").replaceAll("=3D", "=");
  const parts = [...text.matchAll(BASE64_LINES)].map(([part]) => Buffer.from(part, "base64").toString("utf8"));
  return [text, ofJson, quotedPrintable, ...parts];
}
