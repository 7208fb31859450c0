/** Many cells at one stroke: a column filled, a block copied, cut and pasted. */

import { announce } from "@portal/announce";
import { toast } from "@portal/toast";
import { blockOf, textOf } from "./clipboard";
import type { Editor } from "./editor";
import type { Selection } from "./selection";
import type { Cell, Sheet } from "./sheet";
import { say } from "./words";

/** Writes texts into cells as far as they can be written, and says so by the word `done`. */
type Write = (texts: [Cell, string][], done?: string) => void;

export class Blocks {
  readonly #sheet: Sheet;
  readonly #selection: Selection;
  readonly #editor: Editor;
  readonly #write: Write;

  constructor(sheet: Sheet, selection: Selection, editor: Editor, write: Write) {
    this.#sheet = sheet;
    this.#selection = selection;
    this.#editor = editor;
    this.#write = write;
  }

  /** Writes one text into all chosen cells. */
  set(text: string): void {
    if (this.#selection.row >= 0) this.#write(this.#selection.block.flat().map((cell) => [cell, text]));
  }

  /** The marks of the first chosen row go into the rows below; from a single cell into all empty ones of its column. */
  fillDown(): void {
    this.#editor.commit();
    const { row, column, block } = this.#selection;
    if (row < 0) return;
    const [first = [], ...rest] = block;
    if (rest.length) {
      const texts = first.map((cell) => this.#sheet.textOf(cell));
      this.#write(rest.flatMap((cells) => cells.map((cell, at): [Cell, string] => [cell, texts[at] ?? ""])), "filled");
      return;
    }
    const text = first[0] ? this.#sheet.textOf(first[0]) : "";
    if (!text) { toast(say("fillWhat")); return; }
    const empty = this.#sheet.rows
      .map((each) => each.cells[column + 1])
      .filter((cell): cell is Cell => cell !== undefined && !this.#sheet.textOf(cell) && !cell.classList.contains("x"));
    this.#write(empty.map((cell) => [cell, text]), "filled");
  }

  copy(event: ClipboardEvent, cut: boolean): void {
    if (!this.#isMine(event)) return;
    const { block } = this.#selection;
    event.clipboardData?.setData("text/plain", textOf(block.map((cells) => cells.map((cell) => this.#sheet.textOf(cell)))));
    event.preventDefault();
    if (cut) this.set("");
    announce(say("copied", { count: block.flat().length }));
  }

  /** A block from a spreadsheet lands with its upper left corner in the active cell; its empty values change nothing. */
  paste(event: ClipboardEvent): void {
    if (!this.#isMine(event)) return;
    const rows = blockOf(event.clipboardData?.getData("text/plain") ?? "");
    event.preventDefault();
    const only = rows.length === 1 && rows[0]?.length === 1 ? rows[0][0] ?? "" : undefined;
    if (only !== undefined) { if (only) this.set(only); return; }
    const corner = this.#selection.block[0]?.[0];
    if (!corner) return;
    const { row, column } = this.#sheet.placeOf(corner);
    const texts = rows.flatMap((values, down) => values.flatMap((value, right): [Cell, string][] => {
      const cell = value ? this.#sheet.cellAt({ row: row + down, column: column + right }) : undefined;
      return cell ? [[cell, value]] : [];
    }));
    this.#write(texts, "pasted");
    const beyond = rows.flat().filter(Boolean).length - texts.length;
    if (beyond) toast(say("beyond", { count: beyond }), { tone: "danger", stay: 10_000 });
    const width = Math.max(...rows.map((values) => values.length));
    this.#selection.choose({ row: row + rows.length - 1, column: column + width - 1 }, { row, column });
  }

  #isMine(event: ClipboardEvent): boolean {
    return !this.#editor.isOpen && this.#selection.row >= 0 && (event.target as Element).closest(".jr") !== null;
  }
}
