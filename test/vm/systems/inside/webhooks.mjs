// A webhook server: appends each body that it gets to a file, a line each.
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";

const [file = "", port = ""] = process.argv.slice(2);
createServer((request, response) => void receive(request, response)).listen(Number(port), "127.0.0.1");

/**
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:http").ServerResponse} response
 */
async function receive(request, response) {
  appendFileSync(file, `${JSON.stringify(JSON.parse(await text(request)))}\n`);
  response.end();
}
