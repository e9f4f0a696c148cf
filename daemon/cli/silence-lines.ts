import { visible } from "../../bpf/source/visible.ts";
import type { SilenceReport } from "../api/silence-report.ts";
import { tableLines } from "../try/table.ts";

/** Formats silences as a table. Ids are long enough to be unique in practice. */
export function silenceLines(silences: readonly SilenceReport[], columns: number): readonly string[] {
  const column = (title: string, cellOf: (silence: SilenceReport) => string, least?: number) =>
    ({
      title,
      align: "left",
      cells: silences.map((silence) => visible(cellOf(silence))),
      ...(least !== undefined && { least }),
    }) as const;
  return tableLines(
    [
      column("SILENCE", ({ id }) => id.slice(0, 8)),
      column("STATE", ({ state }) => state),
      column("MATCHERS", ({ matchers }) => matchers.join(", "), 20),
      column("FROM", ({ startsAt }) => startsAt.replace(/\.\d+/, "")),
      column("TO", ({ endsAt }) => endsAt.replace(/\.\d+/, "")),
      column("BY", ({ author }) => author, 4),
      column("COMMENT", ({ comment }) => comment, 10),
    ],
    columns,
  );
}
