import type { Logger } from "../service/logger.ts";
import { errorText } from "../../bpf/source/error-text.ts";
import type { LetterChange, LetterRow, StoredDocument, UnreadLetters } from "./batch.ts";
import { Changes, documentKey } from "./changes.ts";
import { DatabaseThread } from "./database-thread.ts";
import type { DocumentKind } from "./document-kind.ts";
import type { Answer, Opened } from "./thread-messages.ts";

/**
 * JSON documents by kind and name, and letters, that survive a restart. A thread of its own writes them: no method waits for the disk, and
 * none throws for what it does.
 */
export interface Store extends AsyncDisposable {
  /** why what was put does not survive a restart now; undefined where it does */
  readonly trouble: string | undefined;
  /** how many documents could not be read since the start, and were set aside */
  readonly asideCount: number;
  /** where the database is that an earlier process left and that could not be read; undefined where it could */
  readonly movedTo: string | undefined;
  /** What was put last, whether it has been committed or not. A document that cannot be read is none, and set aside. */
  get<Document>(kind: DocumentKind<Document>, name: string): Document | undefined;
  /** The documents that there are of a kind; those that are read once, until they are. */
  names(kind: DocumentKind<unknown>): readonly string[];
  /** To be written by the next `commit`. The document is taken as it is now. */
  put<Document>(kind: DocumentKind<Document>, name: string, document: NoInfer<Document>): void;
  /** The same of a document that is JSON text already. */
  putText(kind: DocumentKind<unknown>, name: string, json: string): void;
  remove(kind: DocumentKind<unknown>, name: string): void;
  /** Takes a document out, since it is of no use: it stays in the database for people, with the reason. */
  setAside(kind: DocumentKind<unknown>, name: string, reason: string): void;
  /** The letters that an earlier process left; each is given once. */
  takeLetters(): TakenLetters;
  changeLetter(change: LetterChange): void;
  /** Whether what was put of a letter is on the disk. */
  hasLetter(id: string): boolean;
  /** The content of a letter that is on the disk; undefined where there is none. Rejects where it cannot be read. */
  letterContent(id: string): Promise<string | undefined>;
  /**
   * Has what was put and removed since the last time written, all of it or nothing. Resolves once it is on the disk, or could not be
   * written, which the next commit tries again.
   */
  commit(): Promise<void>;
  /** Whether the database was opened since the last time that this was asked. Has it looked after. */
  renew(): Renewal | undefined;
}

export interface TakenLetters {
  readonly letters: readonly LetterRow[];
  readonly unread: readonly UnreadLetters[];
}

/**
 * `opened`: the database is there for the first time since the start, with what an earlier process left; what was put since goes on top.
 * `anew`: everything must be put again, since the next commit makes the database just that. Letters that are not put again stay.
 */
export type Renewal = "opened" | "anew";

export interface StoreOptions {
  readonly path: string;
  /** kinds of documents to be read, the ones that matter most first */
  readonly kinds: readonly DocumentKind<unknown>[];
  readonly logger: Logger;
  /** wall clock, for the name that a corrupt file gets */
  readonly nowUnixMs: () => number;
  /** for times */
  readonly nowMs: () => number;
}

/** The database's files are looked after this seldom. */
const LOOK_MS = 1_000;
/** A database that cannot be opened is tried again this seldom: another process that holds it makes each try wait. */
const REOPEN_MS = 5_000;
/** A start waits so long for the disk. */
const OPEN_TIMEOUT_MS = 20_000;
/** An end waits so long for the disk. */
const CLOSE_TIMEOUT_MS = 10_000;
/** A write that takes longer than this does not come back, perhaps. */
const SLOW_MS = 10_000;

/**
 * Opens the store of a daemon. Never rejects: a file that is corrupt is moved aside and a new one begun; where there can be none, what is
 * put is kept in memory. Both are logged.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const store = new ThreadStore(options);
  await store.opened();
  return store;
}

interface UnderWay {
  readonly changes: Changes;
  readonly done: PromiseWithResolvers<void>;
  readonly sinceMs: number;
}

class ThreadStore implements Store {
  readonly #options: StoreOptions;
  readonly #thread: DatabaseThread;
  /** what was read and put, of kinds that are read more than once */
  readonly #documents = new Map<string, StoredDocument>();
  readonly #opening = Promise.withResolvers<void>();
  /** since the last commit */
  #open = new Changes();
  /** of commits that wait for the thread */
  #sealed = new Changes();
  #sealedDone = Promise.withResolvers<void>();
  #underWay: UnderWay | undefined;
  #letters: TakenLetters = { letters: [], unread: [] };
  #renewal: Renewal | undefined;
  #isThere = false;
  #hasStarted = false;
  #lookedAtMs = 0;
  #asideCount = 0;
  #trouble: string | undefined;
  #movedTo: string | undefined;

  constructor(options: StoreOptions) {
    this.#options = options;
    const kinds = options.kinds.map(({ name }) => name);
    this.#thread = new DatabaseThread({ path: options.path, kinds }, (answer) => this.#heed(answer));
    this.#look();
  }

  /** Resolves when the database is there, or cannot be now. */
  async opened(): Promise<void> {
    const timer = setTimeout(() => this.#heedFailed("open", "the disk does not answer"), OPEN_TIMEOUT_MS);
    await this.#opening.promise;
    clearTimeout(timer);
    this.#hasStarted = true;
  }

  get trouble(): string | undefined {
    return this.#trouble;
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
    this.#open.document(stored);
  }

  remove(kind: DocumentKind<unknown>, name: string): void {
    const removed = { kind: kind.name, name, version: kind.version };
    this.#documents.delete(documentKey(removed));
    this.#open.document(removed);
  }

  setAside(kind: DocumentKind<unknown>, name: string, reason: string): void {
    const aside = { kind: kind.name, name, version: kind.version, aside: reason };
    this.#documents.delete(documentKey(aside));
    this.#open.document(aside);
    this.#asideCount++;
    this.#options.logger.warn({ kind: kind.name, name, reason }, "a document of the state was set aside");
  }

  takeLetters(): TakenLetters {
    const taken = this.#letters;
    this.#letters = { letters: [], unread: [] };
    return taken;
  }

  changeLetter(change: LetterChange): void {
    this.#open.letter(change);
  }

  hasLetter(id: string): boolean {
    const changes = [this.#open, this.#sealed, this.#underWay?.changes];
    return this.#isThere && this.#renewal === undefined && !changes.some((each) => each?.holds(id));
  }

  async letterContent(id: string): Promise<string | undefined> {
    if (!this.#isThere) throw new Error("the database is not open");
    return this.#thread.content(id);
  }

  async commit(): Promise<void> {
    this.#sealed.add(this.#open);
    this.#open = new Changes();
    this.#noticeSlowness();
    // Nothing can be waited for where there is no database.
    if (!this.#isThere) return;
    if (this.#sealed.isEmpty) return this.#underWay?.done.promise;
    const done = this.#sealedDone.promise;
    this.#write();
    return done;
  }

  renew(): Renewal | undefined {
    const pauseMs = this.#trouble === undefined ? LOOK_MS : REOPEN_MS;
    if (Math.abs(this.#options.nowMs() - this.#lookedAtMs) >= pauseMs) this.#look();
    const renewal = this.#renewal;
    this.#renewal = undefined;
    if (renewal !== "anew") return renewal;
    this.#documents.clear();
    this.#open = new Changes();
    this.#open.clear = true;
    this.#sealed = new Changes();
    return renewal;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise: timeout, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#options.logger.error("the disk does not answer: what has changed last may not survive the restart");
      resolve();
    }, CLOSE_TIMEOUT_MS);
    await Promise.race([this.#close(), timeout]);
    clearTimeout(timer);
    this.#thread.end();
  }

  async #close(): Promise<void> {
    await this.#underWay?.done.promise;
    await this.commit();
    await this.#thread.close();
  }

  #look(): void {
    this.#lookedAtMs = this.#options.nowMs();
    if (this.#underWay === undefined) this.#thread.ask({ ask: "look", unixMs: this.#options.nowUnixMs() });
  }

  /** One batch at a time; what is sealed meanwhile goes with the next. */
  #write(): void {
    if (this.#underWay !== undefined || this.#renewal === "anew" || this.#sealed.isEmpty) return;
    this.#underWay = { changes: this.#sealed, done: this.#sealedDone, sinceMs: this.#options.nowMs() };
    this.#sealed = new Changes();
    this.#sealedDone = Promise.withResolvers();
    const { batch } = this.#underWay.changes;
    this.#thread.ask({ ask: "write", batch, unixMs: this.#options.nowUnixMs() });
  }

  #noticeSlowness(): void {
    if (this.#underWay === undefined || this.#options.nowMs() - this.#underWay.sinceMs < SLOW_MS) return;
    this.#setTrouble(`the disk has not answered for ${SLOW_MS / 1000} s`);
  }

  #heed(answer: Answer): void {
    if (answer.tell === "opened" || answer.tell === "reopened") this.#heedOpened(answer);
    else if (answer.tell === "written") this.#heedWritten();
    else if (answer.tell === "written elsewhere") this.#takeBack();
    else if (answer.tell === "failed") this.#heedFailed(answer.of, answer.reason);
  }

  #heedOpened({ kept, isReplaced, moved }: Opened): void {
    const { logger, path } = this.#options;
    const { letters, unreadLetters: unread, documents, unreadDocuments } = kept;
    if (moved !== undefined) logger.error({ ...moved }, "the state was corrupt: alerts begin anew");
    if (isReplaced) logger.warn({ path }, "the state's file was deleted or replaced: it is written anew");
    if (unreadDocuments > 0)
      logger.error({ unreadDocuments }, "documents of the state are too large or too many: they are left as they are");
    this.#letters = { letters, unread };
    if (this.#isThere) this.#renewal = "anew";
    else {
      this.#isThere = true;
      this.#movedTo = moved?.movedTo;
      for (const document of documents) this.#takeUp(document);
      if (this.#hasStarted) this.#renewal = "opened";
      this.#setTrouble(undefined);
    }
    this.#opening.resolve();
  }

  /** What has been put since the start goes on top. */
  #takeUp(document: StoredDocument): void {
    if (!this.#open.changes(document) && !this.#sealed.changes(document))
      this.#documents.set(documentKey(document), document);
  }

  #heedWritten(): void {
    this.#underWay?.done.resolve();
    this.#underWay = undefined;
    this.#setTrouble(undefined);
    this.#write();
  }

  #heedFailed(of: "write" | "open", reason: string): void {
    this.#setTrouble(reason);
    this.#opening.resolve();
    if (of === "write") this.#takeBack();
  }

  /** Has what is under way written again. */
  #takeBack(): void {
    const failed = this.#underWay;
    if (failed === undefined) return;
    this.#underWay = undefined;
    failed.changes.add(this.#sealed);
    this.#sealed = failed.changes;
    failed.done.resolve();
  }

  #setTrouble(trouble: string | undefined): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    const { logger } = this.#options;
    if (trouble === undefined) logger.info("state is kept again");
    else logger.error({ reason: trouble }, "state is not kept: a restart would forget alerts and silences");
  }
}
