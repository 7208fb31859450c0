/** «Что если»: marks tried out, which nobody saves, and the averages they would give. */

import type { Cell, Sheet } from "./sheet";

/** What the school counts: `debt` is the mark that work owed counts as, undefined if it does not count. */
export interface Rules { debt: number | undefined; retakenCounts: boolean }

export class WhatIf {
  #tried = new Set<Cell>();
  #averages = new Map<Cell, string>();
  readonly #sheet: Sheet;
  readonly #separator: string;
  readonly #rules: Rules;

  constructor(sheet: Sheet, separator: string, rules: Rules) {
    this.#sheet = sheet;
    this.#separator = separator;
    this.#rules = rules;
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

  /** What the marks of a cell count for: of a mark and its retake only the latter, unless the school says so. */
  #scoresOf(text: string): number[] {
    const shown = text.replace(/-?>/g, "→");
    const marks = this.#rules.retakenCounts ? shown.split(/[\s/→]+/) : shown.split(/[\s/]+/).map((each) => each.split("→").at(-1) ?? "");
    return marks.flatMap((mark) => /^\d+$/.test(mark) ? [Number(mark)] : [".", "•"].includes(mark) && this.#rules.debt !== undefined ? [this.#rules.debt] : []);
  }

  /** The weighted average in exact integers, rounded half up to hundredths, as the server rounds it. */
  #averageOf(row: HTMLTableRowElement): string {
    let [sum, weights] = [0, 0];
    this.#sheet.heads.forEach((head, column) => {
      const weight = Number(head.dataset["w"] ?? 1);
      const text = row.cells[column + 1]?.textContent ?? "";
      for (const score of this.#scoresOf(text)) { sum += score * weight; weights += weight; }
    });
    if (!weights) return "";
    const hundredths = Math.floor((200 * sum + weights) / (2 * weights));
    return `${Math.floor(hundredths / 100)}${this.#separator}${String(hundredths % 100).padStart(2, "0")}`;
  }
}
