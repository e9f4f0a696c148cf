import type { Batch, DocumentChange, LetterChange } from "./batch.ts";

/** Changes to write, with only the last one for each document and letter. */
export class Changes {
  readonly #documents = new Map<string, DocumentChange>();
  readonly #letters = new Map<string, LetterChange>();
  /** remove all stored documents first */
  clear = false;

  get isEmpty(): boolean {
    return !this.clear && this.#documents.size === 0 && this.#letters.size === 0;
  }

  get batch(): Batch {
    return { clear: this.clear, documents: [...this.#documents.values()], letters: [...this.#letters.values()] };
  }

  document(change: DocumentChange): void {
    const key = documentKey(change);
    const aside = change.aside ?? this.#documents.get(key)?.aside;
    this.#documents.set(key, { ...change, ...(aside !== undefined && { aside }) });
  }

  letter(change: LetterChange): void {
    const before = this.#letters.get(change.id);
    const isFailure = change.put === undefined && change.failed !== undefined;
    this.#letters.set(change.id, isFailure ? { ...before, ...change } : change);
  }

  /** Returns true if the document changes. */
  changes(document: Pick<DocumentChange, "kind" | "name">): boolean {
    return this.#documents.has(documentKey(document));
  }

  /** Returns true if a change of the letter is not written yet. */
  holds(id: string): boolean {
    return this.#letters.get(id)?.put !== undefined;
  }

  /** Adds later changes. */
  add(later: Changes): void {
    if (later.clear) {
      this.#documents.clear();
      this.#letters.clear();
      this.clear = true;
    }
    for (const change of later.#documents.values()) this.document(change);
    for (const change of later.#letters.values()) this.letter(change);
  }
}

export function documentKey({ kind, name }: Pick<DocumentChange, "kind" | "name">): string {
  return `${kind}\0${name}`;
}
