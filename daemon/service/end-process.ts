import koffi from "koffi";

/**
 * Makes the kernel end the process with SIGALRM after this many seconds. A later call replaces an
 * earlier one. This also works while the main thread hangs, and while exit(3) waits for a thread
 * that hangs in disk access.
 */
export function endProcessWithin(seconds: number): void {
  const alarm = koffi.load(null).func("unsigned int alarm(unsigned int seconds)") as (seconds: number) => number;
  alarm(seconds);
}

/**
 * Returns the kinds of work on Node's threads that would delay the end of the process, each once.
 */
export function unfinishedWork(): readonly string[] {
  return [...new Set(process.getActiveResourcesInfo().filter((name) => /^FSReq|^GetAddrInfo|^Worker/.test(name)))];
}
