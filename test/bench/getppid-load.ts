import { readSync } from "node:fs";
import koffi from "koffi";

/** `node getppid-load.ts N`: for each line on standard input calls getppid(2) N times and says so. */
const getppid = koffi.load("libc.so.6").func("int getppid()");
const calls = Number(process.argv[2]);
const line = Buffer.alloc(1);

process.stdout.write("ready\n");
while (readSync(0, line) > 0) {
  for (let n = 0; n < calls; n++) getppid();
  process.stdout.write("done\n");
}
