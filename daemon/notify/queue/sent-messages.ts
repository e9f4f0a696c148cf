import { hash } from "node:crypto";
import { faultFinder, object, text, unixTime } from "../../evaluate/saved/shape.ts";
import { documentKind } from "../../store/document-kind.ts";
import type { Store } from "../../store/store.ts";
import type { AlertsContent, Delivery, Outcome } from "./delivery.ts";

/** A message that its receiver can edit, as the receiver knows it. */
interface SentMessage {
  /** the receiver's own text, such as the id that the service gave the message */
  readonly known: string;
  /** the time of its last delivery */
  readonly unixMs: number;
}

export const SENT_MESSAGE = documentKind<SentMessage>(
  "sent-message",
  1,
  faultFinder(object<SentMessage>({ known: text, unixMs: unixTime })),
);

/** A message that was not changed for so long is no longer edited. */
const FORGET_AFTER_MS = 7 * 86_400_000;
/** The most messages that are remembered; of more, those that were changed last. */
const MAX_MESSAGES = 5000;
/** A longer text is a fault of the service. */
const MAX_KNOWN = 1000;

/** A change that is written together with the end of its letter. */
interface Change {
  readonly name: string;
  /** undefined forgets the message */
  readonly message: SentMessage | undefined;
}

/**
 * Remembers, over restarts, the messages that receivers edit as their alerts change: one for each
 * group of an action, from its first alert until its end was delivered. If the memory is lost, the
 * next change is a new message.
 */
export class SentMessages {
  readonly #nowUnixMs: () => number;
  /** in the order of their last change */
  readonly #messages = new Map<string, SentMessage>();
  /** by the id of the letter */
  readonly #changes = new Map<string, Change>();
  #store: Store | undefined;

  constructor(nowUnixMs: () => number) {
    this.#nowUnixMs = nowUnixMs;
  }

  /** Takes up the messages of an earlier process. */
  open(store: Store): void {
    this.#store = store;
    const stored = store.names(SENT_MESSAGE).flatMap((name) => {
      const message = store.get(SENT_MESSAGE, name);
      return message === undefined || this.#messages.has(name) ? [] : [{ name, message }];
    });
    const later = [...this.#messages];
    this.#messages.clear();
    const byAge = stored.toSorted((one, other) => one.message.unixMs - other.message.unixMs);
    for (const { name, message } of byAge) this.#messages.set(name, message);
    for (const [name, message] of later) this.#put(name, message);
    this.#forgetOld();
  }

  /** Writes everything again, since the store may have forgotten it. */
  renew(): void {
    for (const [name, message] of this.#messages) this.#store?.put(SENT_MESSAGE, name, message);
  }

  /** Returns the delivery with the text that is remembered for its group. */
  withKnown(delivery: Delivery): Delivery {
    const name = nameOf(delivery);
    const known = name === undefined ? undefined : this.#messages.get(name)?.known;
    return known === undefined ? delivery : { ...delivery, known };
  }

  /**
   * Takes note of the outcome of a delivery. What a success asks to remember is written with
   * `settle`; that of a failure at once, because the delivery is tried again.
   */
  note(delivery: Delivery, { ok, remember }: Outcome): void {
    const name = nameOf(delivery);
    if (name === undefined) return;
    const known = remember?.slice(0, MAX_KNOWN) ?? this.#messages.get(name)?.known;
    if (known === undefined) return;
    const message = { known, unixMs: this.#nowUnixMs() };
    if (!ok) this.#put(name, message);
    else this.#changes.set(delivery.id, { name, message: isEnd(delivery) ? undefined : message });
  }

  /** Puts the change of a letter that has left its queue into the store's next commit. */
  settle(id: string): void {
    const change = this.#changes.get(id);
    if (change === undefined) return;
    this.#changes.delete(id);
    if (change.message === undefined) this.#remove(change.name);
    else this.#put(change.name, change.message);
    this.#forgetOld();
  }

  #put(name: string, message: SentMessage): void {
    this.#messages.delete(name);
    this.#messages.set(name, message);
    this.#store?.put(SENT_MESSAGE, name, message);
  }

  #remove(name: string): void {
    if (this.#messages.delete(name)) this.#store?.remove(SENT_MESSAGE, name);
  }

  #forgetOld(): void {
    const beforeUnixMs = this.#nowUnixMs() - FORGET_AFTER_MS;
    for (const [name, { unixMs }] of this.#messages) {
      if (unixMs >= beforeUnixMs && this.#messages.size <= MAX_MESSAGES) return;
      this.#remove(name);
    }
  }
}

/** True if no alert of the group fires after the delivery. */
function isEnd({ content }: Delivery): boolean {
  return content.kind === "alerts" && isOver(content);
}

export function isOver({ alerts, truncated }: Pick<AlertsContent, "alerts" | "truncated">): boolean {
  return truncated === 0 && alerts.every(({ status }) => status === "resolved");
}

/** Returns the name of a group's message at an action; undefined for records, which do not change. */
function nameOf({ action, content }: Delivery): string | undefined {
  if (content.kind !== "alerts") return undefined;
  return hash("sha256", JSON.stringify([action.name, content.group.key, content.openedAtUnixMs]), "hex").slice(0, 32);
}
