import koffi from "koffi";

/**
 * Has the kernel end the process by SIGALRM unless it ends by itself within so many whole seconds: a later call replaces an earlier one. Works
 * also while the main thread is stuck, and while exit(3) waits for threads of which one hangs in a disk that does not answer.
 */
export function endProcessWithin(seconds: number): void {
  const alarm = koffi.load(null).func("unsigned int alarm(unsigned int seconds)") as (seconds: number) => number;
  alarm(seconds);
}

/** What the process would have to wait for if it ended now: names of what runs on Node's threads, each once. */
export function unfinishedWork(): readonly string[] {
  return [...new Set(process.getActiveResourcesInfo().filter((name) => /^FSReq|^GetAddrInfo|^Worker/.test(name)))];
}
