/** The field in a cell that is being typed into. */

import type { Cell, Sheet } from "./sheet";
import { say } from "./words";

export class Editor {
  #field: HTMLInputElement | undefined;
  readonly #sheet: Sheet;
  readonly #left: (cell: Cell, text: string) => void;

  /** `left` gets what was typed when the field is left, unless it is given up. */
  constructor(sheet: Sheet, left: (cell: Cell, text: string) => void) {
    this.#sheet = sheet;
    this.#left = left;
  }

  get isOpen(): boolean { return this.#field !== undefined; }
  get text(): string { return this.#field?.value ?? ""; }
  /** Whether the arrows left and right move the caret: in a field opened to change what stands there. */
  get hasCaret(): boolean { return this.#field?.dataset["caret"] !== undefined; }

  isField(target: EventTarget | null): boolean {
    return target !== null && target === this.#field;
  }

  /** The field, if it stands in this cell. */
  in(cell: Cell): HTMLInputElement | undefined {
    return this.#field?.closest("td") === cell ? this.#field : undefined;
  }

  /** Opens the field: with `start` typed already, else with what stands in the cell. */
  open(cell: Cell, start?: string, caret = false): void {
    const before = this.#sheet.textOf(cell);
    const field = document.createElement("input");
    field.value = start ?? before;
    field.dataset["before"] = before;
    field.setAttribute("aria-label", `${say("input")}: ${this.#sheet.nameOf(cell)}`);
    field.autocomplete = "off";
    field.spellcheck = false;
    if (caret || start === undefined) field.dataset["caret"] = "";
    cell.replaceChildren(field);
    cell.classList.add("editing");
    this.#field = field;
    field.focus({ preventScroll: true });
    field.setSelectionRange(field.value.length, field.value.length);
    field.addEventListener("blur", () => { if (this.#field === field) this.commit(false); });
  }

  append(text: string): void {
    if (this.#field) this.#field.value += text;
  }

  /** Leaves the field and hands over what was typed. */
  commit(focus = true): void {
    const left = this.#leave();
    if (!left) return;
    if (focus) left.cell.focus({ preventScroll: true });
    this.#left(left.cell, left.text);
  }

  /** Gives up what was typed. */
  cancel(): void {
    this.#leave()?.cell.focus({ preventScroll: true });
  }

  #leave(): { cell: Cell; text: string } | undefined {
    const field = this.#field;
    const cell = field?.closest("td");
    if (!field || !cell) return undefined;
    this.#field = undefined;
    cell.classList.remove("editing");
    this.#sheet.show(cell, field.dataset["before"] ?? "");
    return { cell, text: field.value.trim() };
  }
}
