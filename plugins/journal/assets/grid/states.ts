/** How a cell shows what becomes of its save: on its way, waiting, refused, overtaken by somebody else. */

import type { Fault } from "@portal/api";
import { toast } from "@portal/toast";
import type { Editor } from "./editor";
import { BlockFault, type CellAnswer, type CellState } from "./queue";
import type { Selection } from "./selection";
import type { Cell, Sheet } from "./sheet";
import { say } from "./words";

const STATES: CellState[] = ["saving", "waiting", "failed"];

export interface StateCommands {
  /** The line under the table says anew what there is to say about the active cell. */
  tell(): void;
  /** Writes a text into a cell after all. */
  insist(cell: Cell, text: string): void;
}

export class CellStates {
  readonly #sheet: Sheet;
  readonly #selection: Selection;
  readonly #editor: Editor;
  readonly #run: StateCommands;
  /** What came from others while a text of our own was on its way. */
  readonly #missed = new WeakMap<Cell, CellAnswer>();

  constructor(sheet: Sheet, selection: Selection, editor: Editor, run: StateCommands) {
    this.#sheet = sheet;
    this.#selection = selection;
    this.#editor = editor;
    this.#run = run;
  }

  show(cell: Cell, state: CellState, fault?: Fault, value = ""): void {
    clear(cell);
    if (state !== "saved") cell.classList.add(state);
    if (state !== "failed" || !fault) return;
    cell.dataset["why"] = fault.message;
    cell.setAttribute("aria-invalid", "true");
    if (fault.status === 409 && "text" in fault.fields) this.#conflict(cell, fault, value);
    else if (!(fault instanceof BlockFault)) toast(`${this.#sheet.nameOf(cell)}: ${fault.message}`, { tone: "danger", stay: 10_000 });
    if (cell === this.#selection.cell) this.#run.tell();
  }

  /** The server's answer becomes what the cell shows; whether it did. */
  take(cell: Cell, answer: CellAnswer): boolean {
    if (!this.#sheet.take(cell, answer, this.#editor.in(cell))) return false;
    this.#missed.delete(cell);
    clear(cell);
    if (cell === this.#selection.cell) this.#run.tell();
    return true;
  }

  /** Keeps the server's answer for when the text on its way is refused and given up. */
  miss(cell: Cell, answer: CellAnswer): void {
    this.#missed.set(cell, answer);
  }

  /** Gives up what was refused: the cell shows again what is stored. Whether there was anything. */
  forget(): boolean {
    const { cell } = this.#selection;
    if (!cell?.classList.contains("failed")) return false;
    this.#sheet.show(cell, this.#sheet.baseOf(cell));
    clear(cell);
    const missed = this.#missed.get(cell);
    if (missed) this.take(cell, missed);
    this.#run.tell();
    return true;
  }

  /** Somebody was faster: theirs is shown, ours is offered again. */
  #conflict(cell: Cell, fault: Fault, mine: string): void {
    const theirs = fault.fields["text"] ?? "";
    this.#sheet.setBase(cell, theirs);
    this.#sheet.show(cell, theirs);
    if (mine !== theirs) cell.dataset["mine"] = mine;
    if (fault instanceof BlockFault) return;
    toast(`${this.#sheet.nameOf(cell)}: ${fault.message}`, {
      tone: "danger",
      stay: 20_000,
      ...(mine === theirs ? {} : { action: { title: say("mine"), run: () => this.#run.insist(cell, mine) } }),
    });
  }
}

/** Takes away what the state of a save has put on the cell. */
export function clear(cell: Cell): void {
  cell.classList.remove(...STATES);
  cell.removeAttribute("aria-invalid");
  delete cell.dataset["why"];
  delete cell.dataset["mine"];
}
