/** The active cell and the block of cells chosen with it. */

import type { Cell, Place, Sheet } from "./sheet";

export class Selection {
  #active: Place = { row: 0, column: 0 };
  /** The corner opposite to the active cell. */
  #anchor: Place = { row: 0, column: 0 };
  #chosen: Cell[] = [];
  readonly #root: HTMLElement;
  readonly #sheet: Sheet;

  constructor(root: HTMLElement, sheet: Sheet) {
    this.#root = root;
    this.#sheet = sheet;
  }

  get row(): number { return this.#active.row; }
  get column(): number { return this.#active.column; }
  get cell(): Cell | undefined { return this.#sheet.cellAt(this.#active); }
  /** Whether more than one cell is chosen. */
  get isBlock(): boolean { return this.#chosen.length > 1; }

  /** The chosen cells by rows; the active one alone, as a rule. */
  get block(): Cell[][] {
    const [top, bottom] = sorted(this.#anchor.row, this.#active.row);
    const [left, right] = sorted(this.#anchor.column, this.#active.column);
    const rows: Cell[][] = [];
    for (let row = Math.max(top, 0); row <= bottom; row++) {
      const cells: Cell[] = [];
      for (let column = left; column <= right; column++) {
        const cell = this.#sheet.cellAt({ row, column });
        if (cell) cells.push(cell);
      }
      rows.push(cells);
    }
    return rows;
  }

  /** Makes a cell the active one without moving the focus into it; with `extend` the block grows up to it. */
  mark(row: number, column: number, extend = false): void {
    const { rows, heads } = this.#sheet;
    const place = {
      row: Math.max(extend ? 0 : -1, Math.min(row, rows.length - 1)),
      column: Math.max(0, Math.min(column, heads.length - 1)),
    };
    const before = this.cell;
    before?.classList.remove("active");
    if (before) before.tabIndex = -1;
    for (const each of this.#root.querySelectorAll(".jr .on")) each.classList.remove("on");
    this.#active = place;
    if (!extend) this.#anchor = place;
    const cell = this.cell;
    if (!cell) return;
    cell.tabIndex = 0;
    if (place.row >= 0) cell.classList.add("active");
    rows[place.row]?.classList.add("on");
    heads[place.column]?.classList.add("on");
    for (const each of rows) each.cells[place.column + 1]?.classList.add("on");
    this.#show();
  }

  /** Chooses a block: `active` is where the work is, `anchor` the opposite corner. */
  choose(anchor: Place, active: Place): void {
    this.#anchor = anchor;
    this.mark(active.row, active.column, true);
  }

  #show(): void {
    for (const each of this.#chosen) { each.classList.remove("in"); each.removeAttribute("aria-selected"); }
    const cells = this.#active.row < 0 ? [] : this.block.flat();
    this.#chosen = cells.length > 1 ? cells : [];
    for (const each of this.#chosen) { each.classList.add("in"); each.setAttribute("aria-selected", "true"); }
  }
}

function sorted(one: number, other: number): [number, number] {
  return one < other ? [one, other] : [other, one];
}
