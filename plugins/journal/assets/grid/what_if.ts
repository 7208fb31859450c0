/** «Что если»: marks tried out, which nobody saves, and the averages they would give. */

import type { Cell, Sheet } from "./sheet";

export class WhatIf {
  #tried = new Set<Cell>();
  #averages = new Map<Cell, string>();
  readonly #sheet: Sheet;
  readonly #separator: string;

  constructor(sheet: Sheet, separator: string) {
    this.#sheet = sheet;
    this.#separator = separator;
  }

  /** Shows marks in their cells and the averages of their rows. */
  write(texts: Iterable<[Cell, string]>): void {
    for (const [cell, text] of texts) {
      this.#sheet.show(cell, text);
      cell.classList.toggle("tried", text !== this.#sheet.baseOf(cell));
      this.#tried.add(cell);
      const row = cell.parentElement as HTMLTableRowElement;
      const average = this.#sheet.averageOf(row);
      if (!average) continue;
      if (!this.#averages.has(average)) this.#averages.set(average, average.textContent ?? "");
      average.textContent = this.#averageOf(row);
      average.classList.toggle("tried", average.textContent !== this.#averages.get(average));
    }
  }

  /** The table shows again what is stored. */
  end(): void {
    for (const cell of this.#tried) { this.#sheet.show(cell, this.#sheet.baseOf(cell)); cell.classList.remove("tried"); }
    for (const [cell, text] of this.#averages) { cell.textContent = text; cell.classList.remove("tried"); }
  }

  /** The weighted average in exact integers, rounded half up to hundredths, as the server rounds it. */
  #averageOf(row: HTMLTableRowElement): string {
    let [sum, weights] = [0, 0];
    this.#sheet.heads.forEach((head, column) => {
      const weight = Number(head.dataset["w"] ?? 1);
      const text = row.cells[column + 1]?.textContent ?? "";
      for (const mark of text.split(/[\s/]+/)) if (/^\d+$/.test(mark)) { sum += Number(mark) * weight; weights += weight; }
    });
    if (!weights) return "";
    const hundredths = Math.floor((200 * sum + weights) / (2 * weights));
    return `${Math.floor(hundredths / 100)}${this.#separator}${String(hundredths % 100).padStart(2, "0")}`;
  }
}
