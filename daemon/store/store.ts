import type { Logger } from "../service/logger.ts";
import { errorText } from "../../bpf/source/error-text.ts";
import type { Batch, LetterChange, LetterRow, StoredDocument, UnreadLetters } from "./batch.ts";
import { type Changes, documentKey } from "./changes.ts";
import { DatabaseThread } from "./database-thread.ts";
import type { DocumentKind } from "./document-kind.ts";
import { HistoryLane, type StoreHistory } from "./history-lane.ts";
import { Lane, type LaneName, LANES, TROUBLE } from "./lane.ts";
import type { Answer, Opened } from "./thread-messages.ts";

/**
 * JSON documents by kind and name, and letters, that survive a restart. A separate thread writes
 * them: no method waits for the disk, and none throws because of it.
 */
export interface Store extends AsyncDisposable {
  /** the reason why changes do not survive a restart now; undefined if they do */
  readonly trouble: string | undefined;
  /** the reason why documents that may wait are not written, though all others are */
  readonly waitingTrouble: string | undefined;
  /** the number of documents since the start that could not be read and were set aside */
  readonly asideCount: number;
  /** the path of an earlier process's database that could not be read; undefined if it could */
  readonly movedTo: string | undefined;
  readonly history: StoreHistory;
  /**
   * Returns the document that was put last, committed or not. An unreadable document is set aside
   * and counts as missing.
   */
  get<Document>(kind: DocumentKind<Document>, name: string): Document | undefined;
  /**
   * Returns the names of a kind's documents. Documents that are read once are included until they
   * are read.
   */
  names(kind: DocumentKind<unknown>): readonly string[];
  /** Stores a copy of the document with the next `commit`. */
  put<Document>(kind: DocumentKind<Document>, name: string, document: NoInfer<Document>): void;
  /** Does the same for a document that is JSON text already. */
  putText(kind: DocumentKind<unknown>, name: string, json: string): void;
  remove(kind: DocumentKind<unknown>, name: string): void;
  /**
   * Removes a document that cannot be used. It stays in the database for people, with the reason.
   */
  setAside(kind: DocumentKind<unknown>, name: string, reason: string): void;
  /** Returns the letters that an earlier process left. Each is returned once. */
  takeLetters(): TakenLetters;
  changeLetter(change: LetterChange): void;
  /** Returns true if the letter is on the disk. */
  hasLetter(id: string): boolean;
  /**
   * Returns the content of a letter on the disk, or undefined if there is none. Rejects if it
   * cannot be read.
   */
  letterContent(id: string): Promise<string | undefined>;
  /**
   * Writes the changes since the last commit, all of them or none. Changes of documents that may
   * wait are written after the others, by themselves. Resolves when the changes are on the disk, or
   * when the write failed; the next commit then tries again.
   */
  commit(): Promise<void>;
  /**
   * Returns how the database was opened since the last call, if it was. Also checks the database's
   * files.
   */
  renew(): Renewal | undefined;
}

export interface TakenLetters {
  readonly letters: readonly LetterRow[];
  readonly unread: readonly UnreadLetters[];
}

/**
 * `opened`: the database was opened for the first time since the start, with an earlier process's
 * data. Changes since the start replace that data.
 *
 * `anew`: all documents must be put again, because the next commit replaces those of the database.
 * Letters that are not put again remain.
 */
export type Renewal = "opened" | "anew";

export interface StoreOptions {
  readonly path: string;
  /** kinds of documents to read, the most important first */
  readonly kinds: readonly DocumentKind<unknown>[];
  readonly logger: Logger;
  /** wall clock, for the name of a corrupt file */
  readonly nowUnixMs: () => number;
  /** a clock for intervals */
  readonly nowMs: () => number;
}

/** The interval for checking the database's files. */
const LOOK_MS = 1_000;
/** The interval for opening a closed database: each try waits if another process has locked it. */
const REOPEN_MS = 5_000;
/** The longest wait for the disk at the start. */
const OPEN_TIMEOUT_MS = 20_000;
/** The longest wait for the disk at the end. */
const CLOSE_TIMEOUT_MS = 10_000;
/** After this time, a write may never return. */
const SLOW_MS = 10_000;

/**
 * Opens the store of a daemon. Never rejects: a corrupt file is renamed and replaced. If there can
 * be no file, changes are kept in memory. Both are logged.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const store = new ThreadStore(options);
  await store.opened();
  return store;
}

interface UnderWay {
  readonly lane: LaneName | "history";
  /** absent for the history, which keeps them itself */
  readonly changes: Changes | undefined;
  readonly done: PromiseWithResolvers<void>;
  readonly sinceMs: number;
}

class ThreadStore implements Store {
  readonly #options: StoreOptions;
  readonly #thread: DatabaseThread;
  /** documents that were read or put, of kinds that are read more than once */
  readonly #documents = new Map<string, StoredDocument>();
  readonly #opening = Promise.withResolvers<void>();
  readonly #lanes: Readonly<Record<LaneName, Lane>> = { alerts: new Lane(), counts: new Lane() };
  readonly history = new HistoryLane(async (question) => {
    if (!this.#isThere) throw new Error("the database is not open");
    return this.#thread.history(question, this.#options.nowUnixMs());
  });
  #underWay: UnderWay | undefined;
  #letters: TakenLetters = { letters: [], unread: [] };
  #renewal: Renewal | undefined;
  #isThere = false;
  #hasStarted = false;
  #lookedAtMs = 0;
  #asideCount = 0;
  #movedTo: string | undefined;

  constructor(options: StoreOptions) {
    this.#options = options;
    const kinds = options.kinds.map(({ name }) => name);
    this.#thread = new DatabaseThread({ path: options.path, kinds }, (answer) => this.#handle(answer));
    this.#look();
  }

  /** Resolves when the database is open, or when it is clear that it cannot be opened now. */
  async opened(): Promise<void> {
    const timer = setTimeout(() => this.#handleFailed("open", "the disk did not answer in time"), OPEN_TIMEOUT_MS);
    await this.#opening.promise;
    clearTimeout(timer);
    this.#hasStarted = true;
  }

  get trouble(): string | undefined {
    return this.#lanes.alerts.trouble;
  }

  get waitingTrouble(): string | undefined {
    return this.#lanes.counts.trouble;
  }

  get asideCount(): number {
    return this.#asideCount;
  }

  get movedTo(): string | undefined {
    return this.#movedTo;
  }

  get<Document>(kind: DocumentKind<Document>, name: string): Document | undefined {
    const key = documentKey({ kind: kind.name, name });
    const stored = this.#documents.get(key);
    if (stored === undefined) return undefined;
    if (kind.isReadOnce === true) this.#documents.delete(key);
    try {
      return kind.read(JSON.parse(stored.json), stored.version);
    } catch (error) {
      this.setAside(kind, name, errorText(error));
      return undefined;
    }
  }

  names(kind: DocumentKind<unknown>): readonly string[] {
    return [...this.#documents.values()].filter((each) => each.kind === kind.name).map(({ name }) => name);
  }

  put<Document>(kind: DocumentKind<Document>, name: string, document: NoInfer<Document>): void {
    this.putText(kind, name, JSON.stringify(document));
  }

  putText(kind: DocumentKind<unknown>, name: string, json: string): void {
    const stored = { kind: kind.name, name, version: kind.version, json };
    if (kind.isReadOnce !== true) this.#documents.set(documentKey(stored), stored);
    this.#laneOf(kind).open.document(stored);
  }

  remove(kind: DocumentKind<unknown>, name: string): void {
    const removed = { kind: kind.name, name, version: kind.version };
    this.#documents.delete(documentKey(removed));
    this.#laneOf(kind).open.document(removed);
  }

  setAside(kind: DocumentKind<unknown>, name: string, reason: string): void {
    const aside = { kind: kind.name, name, version: kind.version, aside: reason };
    this.#documents.delete(documentKey(aside));
    this.#laneOf(kind).open.document(aside);
    this.#asideCount++;
    this.#options.logger.warn({ kind: kind.name, name, reason }, "a state document cannot be used and was set aside");
  }

  /** All changes of a document are in one lane, so that they are written in their order. */
  #laneOf({ mayWait = false }: DocumentKind<unknown>): Lane {
    return this.#lanes[mayWait ? "counts" : "alerts"];
  }

  takeLetters(): TakenLetters {
    const taken = this.#letters;
    this.#letters = { letters: [], unread: [] };
    return taken;
  }

  changeLetter(change: LetterChange): void {
    this.#lanes.alerts.open.letter(change);
  }

  hasLetter(id: string): boolean {
    const { open, sealed } = this.#lanes.alerts;
    const changes = [open, sealed, this.#underWay?.changes];
    return this.#isThere && this.#renewal === undefined && !changes.some((each) => each?.holds(id));
  }

  async letterContent(id: string): Promise<string | undefined> {
    if (!this.#isThere) throw new Error("the database is not open");
    return this.#thread.content(id);
  }

  async commit(): Promise<void> {
    const sealed = LANES.filter((name) => this.#lanes[name].seal());
    this.#noticeSlowness();
    // Without a database there is nothing to wait for.
    if (!this.#isThere) return;
    const { alerts } = this.#lanes;
    const waits = sealed.map((name) => this.#lanes[name].done);
    if (!alerts.sealed.isEmpty) waits.push(alerts.done);
    else if (this.#underWay?.lane === "alerts") waits.push(this.#underWay.done.promise);
    this.#write();
    await Promise.all(waits);
  }

  renew(): Renewal | undefined {
    const pauseMs = this.trouble === undefined ? LOOK_MS : REOPEN_MS;
    if (Math.abs(this.#options.nowMs() - this.#lookedAtMs) >= pauseMs) this.#look();
    const renewal = this.#renewal;
    this.#renewal = undefined;
    if (renewal !== "anew") return renewal;
    this.#documents.clear();
    for (const name of LANES) this.#lanes[name].clear();
    this.#lanes.alerts.open.clear = true;
    return renewal;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise: timeout, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#options.logger.error("the disk does not answer: the last changes may be lost at the restart");
      resolve();
    }, CLOSE_TIMEOUT_MS);
    await Promise.race([this.#close(), timeout]);
    clearTimeout(timer);
    this.#thread.end();
  }

  async #close(): Promise<void> {
    await this.#underWay?.done.promise;
    await this.commit();
    // The history is written bit by bit.
    while (this.#underWay !== undefined) await this.#underWay.done.promise;
    await this.#thread.close();
  }

  #look(): void {
    this.#lookedAtMs = this.#options.nowMs();
    if (this.#underWay === undefined) this.#thread.ask({ kind: "look", unixMs: this.#options.nowUnixMs() });
  }

  /** Writes one batch at a time. Changes that are sealed meanwhile are in the next one. */
  #write(): void {
    const lane = LANES.find((name) => !this.#lanes[name].sealed.isEmpty);
    if (this.#underWay !== undefined || this.#renewal === "anew") return;
    if (lane === undefined) return this.#writeHistory();
    const taken = this.#lanes[lane].take();
    this.#send(lane, taken, taken.changes.batch);
  }

  #writeHistory(): void {
    if (!this.#isThere || this.trouble !== undefined) return;
    const batch = this.history.take(this.#options.nowMs());
    if (batch !== undefined) this.#send("history", { changes: undefined, done: Promise.withResolvers() }, batch);
  }

  #send(lane: UnderWay["lane"], taken: Pick<UnderWay, "changes" | "done">, batch: Batch): void {
    this.#underWay = { lane, ...taken, sinceMs: this.#options.nowMs() };
    this.#thread.ask({ kind: "write", batch, unixMs: this.#options.nowUnixMs() });
  }

  #noticeSlowness(): void {
    if (this.#underWay === undefined || this.#options.nowMs() - this.#underWay.sinceMs < SLOW_MS) return;
    this.#setTrouble("alerts", `the disk has not answered for ${SLOW_MS / 1000} s`);
  }

  #handle(answer: Answer): void {
    if (answer.kind === "opened" || answer.kind === "reopened") this.#handleOpened(answer);
    else if (answer.kind === "written") this.#handleWritten();
    else if (answer.kind === "written elsewhere") this.#requeue();
    else if (answer.kind === "failed") this.#handleFailed(answer.of, answer.reason);
  }

  #handleOpened({ kept, isReplaced, moved }: Opened): void {
    const { logger, path } = this.#options;
    const { letters, unreadLetters: unread, documents, unreadDocuments } = kept;
    if (moved !== undefined)
      logger.error({ ...moved }, "the state file was corrupt and was renamed: alerts start from an empty state");
    if (isReplaced) logger.warn({ path }, "the state file was deleted or replaced: writing it again");
    if (unreadDocuments > 0)
      logger.error(
        { unreadDocuments },
        "some state documents were not read, because they are too large or too many; they remain in the database",
      );
    this.#letters = { letters, unread };
    if (this.#isThere) this.#renewal = "anew";
    else {
      this.#isThere = true;
      this.#movedTo = moved?.movedTo;
      for (const document of documents) this.#adopt(document);
      if (this.#hasStarted) this.#renewal = "opened";
      for (const lane of LANES) this.#setTrouble(lane, undefined);
    }
    this.#opening.resolve();
  }

  /** Adopts a document of an earlier process. Changes since the start take precedence. */
  #adopt(document: StoredDocument): void {
    const lanes = LANES.map((name) => this.#lanes[name]);
    if (!lanes.some(({ open, sealed }) => open.changes(document) || sealed.changes(document)))
      this.#documents.set(documentKey(document), document);
  }

  #handleWritten(): void {
    const written = this.#underWay;
    this.#underWay = undefined;
    if (written?.lane === "history") this.history.written();
    written?.done.resolve();
    // What has just been written shows that the disk answers.
    this.#setTrouble("alerts", undefined);
    if (written !== undefined) this.#setTrouble(written.lane, undefined);
    this.#write();
  }

  #handleFailed(of: "write" | "open", reason: string): void {
    this.#setTrouble((of === "write" && this.#underWay?.lane) || "alerts", reason);
    this.#opening.resolve();
    if (of === "write") this.#requeue();
    // What could not be written were counts: alerts that came meanwhile do not wait.
    if (!this.#lanes.alerts.sealed.isEmpty && this.trouble === undefined) this.#write();
  }

  /** Writes the changes of the current batch again. */
  #requeue(): void {
    const failed = this.#underWay;
    if (failed === undefined) return;
    this.#underWay = undefined;
    const { lane, changes } = failed;
    if (lane === "history" || changes === undefined) this.history.failed(this.#options.nowMs());
    // Counts of before all documents were written anew are out of date.
    else if (lane === "alerts" || !this.#isCleared) this.#lanes[lane].putBack(changes);
    failed.done.resolve();
    // They are not tried before alerts could be written.
    this.#lanes.counts.release();
  }

  /** True if the next write of alerts replaces all stored documents. */
  get #isCleared(): boolean {
    const { open, sealed } = this.#lanes.alerts;
    return open.clear || sealed.clear;
  }

  #setTrouble(name: UnderWay["lane"], trouble: string | undefined): void {
    const lane = name === "history" ? this.history : this.#lanes[name];
    if (trouble === lane.trouble) return;
    lane.trouble = trouble;
    const { logger } = this.#options;
    const { lost, again } = TROUBLE[name];
    if (trouble === undefined) logger.info(again);
    else logger.error({ reason: trouble }, lost);
  }
}
