/** The table of the page as the server made it: rows of pupils, columns of lessons, and what stands in the cells. */

import type { CellAnswer } from "./queue";

export type Cell = HTMLTableCellElement;
/** Row -1 is the heads of the columns. */
export interface Place { row: number; column: number }

export const plainId = (id: string): string => id.replaceAll("-", "");

export class Sheet {
  heads: Cell[] = [];
  rows: HTMLTableRowElement[] = [];
  #cells = new Map<string, Cell>();
  /** What the server has, by cell; the cell itself may show what is still on its way. */
  #base = new WeakMap<Cell, string>();
  /** The version of the page that each cell has its content from. */
  #versions = new WeakMap<Cell, number>();
  /** Marks that say «not passed» in the scale of the subject. */
  #failing = new Set<string>();
  readonly #root: HTMLElement;

  constructor(root: HTMLElement) {
    this.#root = root;
  }

  /** Learns the table: after the page has come, and after columns have changed. */
  read(label: string, readOnly: boolean): void {
    this.#failing = new Set((this.#root.dataset["failing"] ?? "").split(" ").filter(Boolean));
    const table = this.#root.querySelector("table");
    table?.setAttribute("role", "grid");
    table?.setAttribute("aria-label", label);
    table?.setAttribute("aria-multiselectable", "true");
    if (readOnly) table?.setAttribute("aria-readonly", "true");
    this.heads = [...this.#root.querySelectorAll<Cell>("thead th[data-l]")];
    this.rows = [...this.#root.querySelectorAll<HTMLTableRowElement>("tbody tr")];
    this.#cells.clear();
    for (const row of this.rows) {
      this.heads.forEach((head, column) => {
        const cell = row.cells[column + 1];
        if (!cell) return;
        cell.tabIndex = -1;
        this.#base.set(cell, (cell.textContent ?? "").trim());
        this.#cells.set(`${row.dataset["p"]}:${head.dataset["l"]}`, cell);
      });
    }
    for (const head of this.heads) head.tabIndex = -1;
  }

  cellAt({ row, column }: Place): Cell | undefined {
    return row < 0 ? this.heads[column] : this.rows[row]?.cells[column + 1];
  }

  /** Where a cell or a head of a column stands. */
  placeOf(cell: Cell): Place {
    const head = this.heads.indexOf(cell);
    return head >= 0
      ? { row: -1, column: head }
      : { row: this.rows.indexOf(cell.parentElement as HTMLTableRowElement), column: cell.cellIndex - 1 };
  }

  /** The cell or head of a column that an event happened in. */
  cellOf(event: Event): Cell | undefined {
    const cell = (event.target as Element).closest<Cell>("td, thead th[data-l]");
    return cell && (cell.dataset["l"] || this.#cells.get(this.keyOf(cell)) === cell) ? cell : undefined;
  }

  entries(): IterableIterator<[string, Cell]> {
    return this.#cells.entries();
  }

  byKey(key: string): Cell | undefined {
    return this.#cells.get(key);
  }

  /** The ids of pupil and lesson: `pupil:lesson`. */
  keyOf(cell: Cell): string {
    const row = cell.parentElement as HTMLTableRowElement;
    return `${row.dataset["p"]}:${this.heads[cell.cellIndex - 1]?.dataset["l"]}`;
  }

  nameOf(cell: Cell): string {
    return (cell.parentElement as HTMLTableRowElement).cells[0]?.firstChild?.textContent?.trim() ?? "";
  }

  averageOf(row: HTMLTableRowElement): Cell | null {
    return row.querySelector<Cell>("td.avg");
  }

  /** How wide what stays at the right edge is: the average and the mark of the term. */
  rightEdgeOf(row: HTMLTableRowElement): number {
    return [...row.querySelectorAll<Cell>("td.avg, td.tot")].reduce((sum, cell) => sum + cell.offsetWidth, 0);
  }

  textOf(cell: Cell): string {
    return (cell.textContent ?? "").trim();
  }

  /** What the server has in the cell. */
  baseOf(cell: Cell): string {
    return this.#base.get(cell) ?? "";
  }

  setBase(cell: Cell, text: string): void {
    this.#base.set(cell, text);
  }

  /** Writes into the table only. */
  show(cell: Cell, text: string): void {
    cell.textContent = text;
    cell.classList.toggle("d", this.#failing.has(text.split(/[/→]/).at(-1) ?? ""));
  }

  /**
   * What the server says about a cell becomes its content; text being typed in it stays. Whether it did: an answer
   * that has been overtaken on its way says nothing any more.
   */
  take(cell: Cell, answer: CellAnswer, typing: HTMLInputElement | undefined): boolean {
    if (answer.version < (this.#versions.get(cell) ?? 0)) return false;
    this.#versions.set(cell, answer.version);
    this.#base.set(cell, answer.text);
    if (typing) typing.dataset["before"] = answer.text;
    else this.show(cell, answer.text);
    for (const flag of answer.flags.split(" ")) if (flag) cell.classList.add(flag);
    const average = this.averageOf(cell.parentElement as HTMLTableRowElement);
    if (average) average.textContent = answer.average;
    return true;
  }

  /** «23 ноября, пн» and the topic, as the list of topics has them. */
  topicOf(head: Cell | undefined): { day: string; topic: string } {
    const line = head ? document.getElementById(`l${head.dataset["l"]}`) as HTMLTableRowElement | null : null;
    return { day: line?.cells[0]?.textContent?.trim() ?? "", topic: line?.cells[2]?.textContent?.trim() ?? "" };
  }

  /** The last column with something written in it: where work goes on. */
  lastBegun(): number {
    for (let at = this.heads.length - 1; at > 0; at--) {
      if (this.rows.some((row) => row.cells[at + 1]?.textContent?.trim())) return at;
    }
    return 0;
  }
}
