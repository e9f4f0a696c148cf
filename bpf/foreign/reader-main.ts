import { readSync, writeSync } from "node:fs";
import { answer } from "./answer.ts";
import { confine } from "./confine.ts";
import type { Question, Reply } from "./protocol.ts";
import { errorText } from "../source/error-text.ts";

/**
 * The process that reads what other users wrote: files below /proc/PID/root, maps, symbols. It
 * answers one question after another without an event loop. So the process that asks knows which
 * question it hangs at, and kills it.
 */
const QUESTIONS = 0;
const REPLIES = 1;
const NEWLINE = 0x0a;

/** The process that started this one has the real clock. Here only the age of things matters. */
const nowMs = (): number => 1000 * process.uptime();

confine();
let rest = Buffer.alloc(0);
for (;;) {
  const end = rest.indexOf(NEWLINE);
  if (end >= 0) {
    const line = rest.toString("utf8", 0, end);
    rest = rest.subarray(end + 1);
    write(`${JSON.stringify(replyTo(line))}\n`);
    continue;
  }
  const piece = Buffer.alloc(64 * 1024);
  const read = readSync(QUESTIONS, piece);
  // The asking process has closed the pipe.
  if (read === 0) break;
  rest = Buffer.concat([rest, piece.subarray(0, read)]);
}

function replyTo(line: string): Reply {
  try {
    return { answer: answer(JSON.parse(line) as Question, nowMs) };
  } catch (error) {
    return { error: errorText(error) };
  }
}

function write(text: string): void {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length;) done += writeSync(REPLIES, bytes, done);
}
