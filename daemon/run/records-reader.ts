import type { RecordLayout } from "../../bpf/compile/object-spec.ts";
import type { LoadedObject } from "../../bpf/load/loaded-object.ts";
import type { AwaitedNames } from "../sample/awaited-names.ts";
import { decodeRecord } from "../sample/decode-record.ts";
import type { Names } from "../sample/names.ts";
import type { EventRecord } from "../sample/sample.ts";
import { redactRecord } from "../sample/redact/redact-record.ts";
import { redactionKey } from "../sample/redact/redaction-key.ts";
import type { Settings } from "../settings/settings.ts";
import type { Evidence } from "./evidence.ts";

/** Records that were read from a ring at once. */
export interface ReadRecords {
  readonly records: readonly EventRecord[];
  /** why other records could not be read */
  readonly errors: readonly string[];
}

export interface RecordsReaderOptions {
  readonly rule: string;
  readonly object: Pick<LoadedObject, "drainRecords">;
  /** undefined if the rule has no records */
  readonly layout: RecordLayout | undefined;
  readonly awaited: AwaitedNames;
  readonly evidence: Evidence;
  readonly names: Names;
}

/** Reads the records of a rule. */
export class RecordsReader {
  readonly #options: RecordsReaderOptions;
  /** of the hashes that stand for secrets; undefined if secrets are shown */
  #redactionKey: Buffer | undefined;

  constructor(options: RecordsReaderOptions) {
    this.#options = options;
  }

  /** Replaces secrets in texts from now on, if the settings say so. */
  use({ redact, stateDir }: Pick<Settings, "redact" | "stateDir">): void {
    this.#redactionKey = redact ? redactionKey(stateDir) : undefined;
  }

  /**
   * Takes at most `max` records from the rule's ring. Records whose stacks have no names yet wait,
   * unless they are the last.
   */
  read(bootOffsetNs: bigint, max: number, areLast: boolean): ReadRecords {
    const { object, layout, awaited, evidence, names, rule } = this.#options;
    const records: EventRecord[] = [];
    const errors: string[] = [];
    if (layout === undefined) return { records, errors };
    const decode = (bytes: Uint8Array): void => {
      const decoded = decodeRecord(layout, bytes, { rule, bootOffsetNs, names });
      if (decoded.ok) records.push(evidence.keep(this.#redacted(decoded.record)));
      else errors.push(decoded.error);
    };
    if (!awaited.holdsRecords) object.drainRecords(decode, max);
    else {
      object.drainRecords((bytes) => awaited.addRecord(bytes), max);
      for (const bytes of awaited.takeRecords(max, areLast)) decode(bytes);
    }
    return { records, errors };
  }

  #redacted(record: EventRecord): EventRecord {
    return this.#redactionKey === undefined ? record : redactRecord(record, this.#redactionKey);
  }
}
