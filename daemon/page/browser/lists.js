// Keeps lists of elements in step with the lists of messages. Only changed rows are touched.

/** @import { PageRow } from "../page-report.ts" */

/**
 * A list of elements, one for each row.
 * @template {PageRow} Row
 * @typedef {object} ListView
 * @property {HTMLElement} container
 * @property {(row: Row) => RowView<Row>} create
 */

/**
 * The element of one row.
 * @template {PageRow} Row
 * @typedef {object} RowView
 * @property {HTMLElement} element
 * @property {(row: Row) => void} update
 */

/** @template {PageRow} Row */
export class RowList {
  /** @readonly @type {ListView<Row>} */
  #view;
  /** @readonly @type {Map<string, RowView<Row>>} */
  #shown = new Map();

  /** @param {ListView<Row>} view */
  constructor(view) {
    this.#view = view;
  }

  /**
   * @param {readonly Row[]} rows in order
   * @param {ReadonlySet<string>} changed the ids of rows that differ from before
   */
  update(rows, changed) {
    const ids = new Set(rows.map(({ id }) => id));
    for (const [id, { element }] of this.#shown) {
      if (ids.has(id)) continue;
      element.remove();
      this.#shown.delete(id);
    }
    for (const row of rows) {
      const known = this.#shown.get(row.id);
      if (known === undefined) {
        const made = this.#view.create(row);
        made.update(row);
        this.#shown.set(row.id, made);
      } else if (changed.has(row.id)) known.update(row);
    }
    this.#arrange(rows);
  }

  /**
   * Returns the element of a row.
   * @param {string} id
   */
  elementOf(id) {
    return this.#shown.get(id)?.element;
  }

  /**
   * Moves elements that are not in their place. Moving ends the focus, so it is set again.
   * @param {readonly Row[]} rows
   */
  #arrange(rows) {
    const { container } = this.#view;
    const focused = document.activeElement;
    rows.forEach(({ id }, index) => {
      const made = this.#shown.get(id)?.element;
      const here = container.children[index] ?? null;
      if (made !== undefined && made !== here) container.insertBefore(made, here);
    });
    if (focused instanceof HTMLElement && focused !== document.activeElement && container.contains(focused))
      focused.focus({ preventScroll: true });
  }
}
