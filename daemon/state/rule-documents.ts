import type { SavedMoment } from "../evaluate/saved/saved-moment.ts";
import type { DocumentKind } from "../store/document-kind.ts";
import type { Store } from "../store/store.ts";

/**
 * The saved state of a rule. `meaning` is what the rule meant when it was saved: a rule with
 * another meaning cannot use the state.
 */
export interface OfRule<Saved> {
  readonly meaning: string;
  readonly saved: Saved;
}

interface Dated {
  readonly at: SavedMoment;
}

/** A document of a rule, and its place in the store. */
export interface RuleDocument<Saved> extends OfRule<Saved> {
  readonly kind: DocumentKind<OfRule<Saved>>;
  readonly name: string;
}

/**
 * The documents of rules in the store. Each rule has as many as are needed for none to be large:
 * the first under the rule's name, the others beside it.
 */
export class RuleDocuments<Saved extends Dated> {
  readonly #store: Store;
  readonly #first: DocumentKind<OfRule<Saved>>;
  readonly #further: DocumentKind<OfRule<Saved>>;
  /** by rule the highest number of a document of it that may be stored; the first has 0 */
  #highest: Map<string, number> | undefined;

  constructor(store: Store, first: DocumentKind<OfRule<Saved>>) {
    this.#store = store;
    this.#first = first;
    this.#further = furtherKind(first);
  }

  /** The rules with something stored. */
  get rules(): readonly string[] {
    return [...new Set([...this.#store.names(this.#first), ...this.#known.keys()])];
  }

  /**
   * Returns the documents of a rule that were written last, all at the same moment. Documents of an
   * earlier moment are left over: the rule needed more of them then.
   */
  get(rule: string): readonly RuleDocument<Saved>[] {
    const found: RuleDocument<Saved>[] = [];
    for (let number = 0; number <= (this.#known.get(rule) ?? 0); number++) {
      const [kind, name] = this.#placeOf(rule, number);
      const document = this.#store.get(kind, name);
      if (document !== undefined) found.push({ ...document, kind, name });
    }
    const newest = found.toSorted((a, b) => b.saved.at.unixMs - a.saved.at.unixMs)[0];
    return found.filter(({ meaning, saved: { at } }) => meaning === newest?.meaning && isSame(at, newest.saved.at));
  }

  /** Replaces the stored documents of a rule by these, which are JSON texts. */
  put(rule: string, texts: readonly string[]): void {
    for (const [number, text] of texts.entries()) this.#store.putText(...this.#placeOf(rule, number), text);
    this.#removeFrom(rule, texts.length);
    if (texts.length > 1) this.#known.set(rule, texts.length - 1);
  }

  remove(rule: string): void {
    this.#removeFrom(rule, 0);
  }

  /** Forgets which documents are stored, since the store holds something else now. */
  renew(): void {
    this.#highest = undefined;
  }

  #removeFrom(rule: string, first: number): void {
    for (let number = first; number <= (this.#known.get(rule) ?? 0); number++)
      this.#store.remove(...this.#placeOf(rule, number));
    this.#known.delete(rule);
  }

  #placeOf(rule: string, number: number): readonly [DocumentKind<OfRule<Saved>>, string] {
    return number === 0 ? [this.#first, rule] : [this.#further, `${number} ${rule}`];
  }

  get #known(): Map<string, number> {
    if (this.#highest !== undefined) return this.#highest;
    this.#highest = new Map();
    for (const name of this.#store.names(this.#further)) {
      const [number = "", ...rest] = name.split(" ");
      const rule = rest.join(" ");
      if (/^[1-9][0-9]{0,5}$/.test(number))
        this.#highest.set(rule, Math.max(this.#highest.get(rule) ?? 0, Number(number)));
    }
    return this.#highest;
  }
}

/** The kind of the documents beside the first, which are of use right after the start only. */
export function furtherKind<Document>(first: DocumentKind<Document>): DocumentKind<Document> {
  return { ...first, name: `${first.name}-part`, isReadOnce: true };
}

function isSame(one: SavedMoment, other: SavedMoment): boolean {
  return one.bootId === other.bootId && one.bootMs === other.bootMs && one.unixMs === other.unixMs;
}
