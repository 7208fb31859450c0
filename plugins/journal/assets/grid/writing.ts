/** Writing into cells, with steps back and forth: a step is all that one stroke has written. */

import type { SaveQueue } from "./queue";
import type { Cell, Sheet } from "./sheet";

interface Written { key: string; before: string; after: string }
export type Step = Written[];
const MOST_STEPS = 200;

export class Writing {
  #done: Step[] = [];
  #undone: Step[] = [];
  readonly #sheet: Sheet;
  readonly #queue: SaveQueue;

  constructor(sheet: Sheet, queue: SaveQueue) {
    this.#sheet = sheet;
    this.#queue = queue;
  }

  /** Writes texts into cells as one step; returns what has changed. */
  write(texts: Iterable<[Cell, string]>): Step {
    const step: Step = [];
    for (const [cell, text] of texts) {
      const before = cell.classList.contains("failed") ? this.#sheet.baseOf(cell) : this.#sheet.textOf(cell);
      if (this.#put(cell, text)) step.push({ key: this.#sheet.keyOf(cell), before, after: text });
    }
    if (!step.length) return step;
    this.#done.push(step);
    if (this.#done.length > MOST_STEPS) this.#done.shift();
    this.#undone = [];
    return step;
  }

  /** Takes a step back, the last one unless another is named; returns its cells. */
  undo(step?: Step): Cell[] {
    if (step) {
      const at = this.#done.indexOf(step);
      if (at < 0) return [];
      this.#done.push(...this.#done.splice(at, 1));
    }
    return this.#walk(this.#done, this.#undone, (each) => each.before);
  }

  /** Does again what was taken back last; returns its cells. */
  redo(): Cell[] {
    return this.#walk(this.#undone, this.#done, (each) => each.after);
  }

  #walk(from: Step[], to: Step[], text: (each: Written) => string): Cell[] {
    const step = from.pop();
    if (!step) return [];
    to.push(step);
    const cells: Cell[] = [];
    for (const each of step) {
      const cell = this.#sheet.byKey(each.key);
      if (!cell) continue;
      this.#put(cell, text(each));
      cells.push(cell);
    }
    return cells;
  }

  #put(cell: Cell, text: string): boolean {
    if (text === this.#sheet.textOf(cell) && !cell.classList.contains("failed")) return false;
    this.#sheet.show(cell, text);
    const [pupil = "", lesson = ""] = this.#sheet.keyOf(cell).split(":");
    this.#queue.put(pupil, lesson, text, this.#sheet.baseOf(cell));
    return true;
  }
}
