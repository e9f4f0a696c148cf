import { CProgram, Dialogue } from "../support/c-program.ts";
import type { NetworkPair } from "../support/network-pair.ts";

const CLIENT = `
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
int main(int count, char **words) {
  struct addrinfo *to, hints = { .ai_socktype = SOCK_STREAM };
  if (getaddrinfo(words[1], words[2], &hints, &to)) return 1;
  int fd = socket(to->ai_family, SOCK_STREAM, 0), on = 1;
  if (count > 3) setsockopt(fd, IPPROTO_TCP, 30 /* TCP_FASTOPEN_CONNECT */, &on, sizeof on);
  static char data[1 << 20];
  char line[64];
  if (connect(fd, to->ai_addr, to->ai_addrlen)) return 2;
  puts("connected"); fflush(stdout);
  while (fgets(line, sizeof line, stdin)) {
    int rc = send(fd, data, atoi(line), 0);
    printf("%d\\n", rc); fflush(stdout);
  }
}`;

/**
 * Compiles a client that sends as many bytes as each line says, once it has said that it is
 * connected.
 */
export function tcpClient(): CProgram {
  return new CProgram(CLIENT, ["-O1"], "tcp-client");
}

/**
 * Connects from the left to the right. @param fast with data in the first packet: the connection is
 * made by the first line
 */
export function connectFromLeft(
  network: NetworkPair,
  program: CProgram,
  address: string,
  port: number,
  fast = false,
): Dialogue {
  const words = ["netns", "exec", network.left, program.path, address, String(port), ...(fast ? ["fast"] : [])];
  return new Dialogue("ip", words);
}
