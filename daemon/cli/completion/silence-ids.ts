import { askDaemon } from "../ask-daemon.ts";

/** Returns the ids of the silences of the running daemon that have not ended. */
export async function silenceIds(config: string | undefined): Promise<readonly string[]> {
  let ids: readonly string[] = [];
  await askDaemon(config === undefined ? {} : { config }, async (client) => {
    const silences = await client.silences();
    ids = silences.filter(({ state }) => state !== "expired").map(({ id }) => id);
  });
  return ids;
}
