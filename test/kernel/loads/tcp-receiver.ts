import { createServer } from "node:net";

/** Takes what comes and throws it away; says so when it listens. `node tcp-receiver.ts PORT` */
createServer((socket) => socket.resume()).listen(Number(process.argv[2]), "::", () =>
  process.stdout.write("listening\n"),
);
