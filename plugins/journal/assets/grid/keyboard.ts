/** Which key does what in the grid. */

import { registerKey } from "@portal/keys";
import type { Editor } from "./editor";
import type { Selection } from "./selection";
import type { Sheet } from "./sheet";
import { say } from "./words";

/** What the keys do. */
export interface KeyCommands {
  go(row: number, column: number, extend?: boolean): void;
  openLesson(): void;
  openCell(): void;
  undo(): void;
  redo(): void;
  fillDown(): void;
  /** Opens the field of the active cell. */
  edit(start?: string, caret?: boolean): void;
  /** Writes into all chosen cells. */
  set(text: string): void;
  /** A digit that is a mark by itself: it is saved, and work goes on below. */
  mark(digit: string): void;
  /** «/» after a mark: a second one in the same cell. */
  slash(): void;
  /** Gives up what the server has refused; whether there was anything. */
  forget(): boolean;
  isMark(key: string): boolean;
  /** Leaves a mode; whether there was one. */
  leave(): boolean;
}

const LIST = [
  ["5", "keyDigit"], ["/", "keySlash"], ["Н", "keyLetter"], ["Backspace", "keyClear"], ["F2", "keyEdit"],
  ["Ctrl+Enter", "keyCard"], ["Ctrl+Z", "keyUndo"], ["Ctrl+Y", "keyRedo"], ["Ctrl+D", "keyFill"],
  ["Shift + ↑ ↓ ← →", "keyExtend"], ["Ctrl+Space", "keyColumn"], ["Ctrl+C, Ctrl+V", "keyClipboard"],
  ["Tab", "keyTab"], ["↑ ↓ ← →", "keyMove"],
] as const;

export class Keyboard {
  readonly #sheet: Sheet;
  readonly #selection: Selection;
  readonly #editor: Editor;
  readonly #run: KeyCommands;

  constructor(sheet: Sheet, selection: Selection, editor: Editor, run: KeyCommands) {
    this.#sheet = sheet;
    this.#selection = selection;
    this.#editor = editor;
    this.#run = run;
  }

  /** Names the keys in the list that `?` shows; returns the functions that take them out of it. */
  list(passes: boolean): (() => void)[] {
    return LIST.map(([keys, title]) =>
      registerKey(passes && title === "keyDigit" ? { keys: "+ −", title: say("keyPass") } : { keys, title: say(title) }));
  }

  /** Does what a key means; whether it meant anything. */
  press(event: KeyboardEvent): boolean {
    return this.#moves(event) || this.#commands(event) || this.#types(event);
  }

  #moves(event: KeyboardEvent): boolean {
    if (event.altKey) return false;
    const { row, column } = this.#selection;
    const control = event.ctrlKey || event.metaKey;
    const caret = this.#editor.hasCaret;
    const steps: Record<string, [number, number] | undefined> = {
      ArrowUp: [-1, 0], ArrowDown: [1, 0],
      ArrowLeft: caret ? undefined : [0, -1], ArrowRight: caret ? undefined : [0, 1],
      PageUp: [-10, 0], PageDown: [10, 0],
    };
    const step = steps[event.key];
    if (step && !control) {
      this.#editor.commit();
      this.#run.go(row + step[0], column + step[1], event.shiftKey && row >= 0);
      return true;
    }
    if (event.key === "Tab") {
      const next = column + (event.shiftKey ? -1 : 1);
      this.#editor.commit();
      if (next < 0 || next >= this.#sheet.heads.length) return false;
      this.#run.go(row, next);
      return true;
    }
    if (event.key === "Enter" && !control) {
      if (row < 0) { this.#run.openLesson(); return true; }
      this.#editor.commit();
      this.#run.go(row + (event.shiftKey ? -1 : 1), column);
      return true;
    }
    if (caret || (event.key !== "Home" && event.key !== "End")) return false;
    this.#editor.commit();
    const [first, last] = [0, this.#sheet.rows.length - 1];
    if (event.key === "Home") this.#run.go(control ? first : row, 0, event.shiftKey);
    else this.#run.go(control ? last : row, this.#sheet.heads.length - 1, event.shiftKey);
    return true;
  }

  #commands(event: KeyboardEvent): boolean {
    const control = event.ctrlKey || event.metaKey;
    if (event.key === "Escape") {
      if (this.#editor.isOpen) { this.#editor.cancel(); return true; }
      return this.#run.forget() || this.#collapse() || this.#run.leave();
    }
    if (control && event.key === "Enter") {
      this.#editor.commit();
      if (this.#selection.row < 0) this.#run.openLesson();
      else this.#run.openCell();
      return true;
    }
    if (event.altKey) return false;
    if (control) return this.#withControl(event);
    if (this.#selection.row < 0) return false;
    if (event.key === "F2") { this.#run.edit(undefined, true); return true; }
    if (this.#editor.isOpen) return false;
    if (event.key === "Backspace" || event.key === "Delete") { this.#run.set(""); return true; }
    if (event.key === " " && event.shiftKey) {
      const { row, column } = this.#selection;
      this.#selection.choose({ row, column: this.#sheet.heads.length - 1 }, { row, column: 0 });
      this.#selection.mark(row, column, true);
      return true;
    }
    return false;
  }

  /** By the key's place: a Russian layout types «я» where Z stands. */
  #withControl(event: KeyboardEvent): boolean {
    const { row, column } = this.#selection;
    const last = this.#sheet.rows.length - 1;
    if (event.code === "KeyZ") { this.#editor.commit(); if (event.shiftKey) this.#run.redo(); else this.#run.undo(); return true; }
    if (event.code === "KeyY") { this.#editor.commit(); this.#run.redo(); return true; }
    if (this.#editor.isOpen || row < 0) return false;
    if (event.code === "KeyD") { this.#run.fillDown(); return true; }
    if (event.key === " ") { this.#selection.choose({ row: last, column }, { row: 0, column }); return true; }
    if (event.code === "KeyA") {
      this.#selection.choose({ row: last, column: this.#sheet.heads.length - 1 }, { row: 0, column: 0 });
      return true;
    }
    return false;
  }

  #collapse(): boolean {
    if (!this.#selection.isBlock) return false;
    this.#selection.mark(this.#selection.row, this.#selection.column);
    return true;
  }

  #types(event: KeyboardEvent): boolean {
    if (this.#editor.isOpen) return this.#typesInField(event);
    if (event.ctrlKey || event.metaKey || event.altKey || this.#selection.row < 0) return false;
    if (event.key.length !== 1 || event.key === " " || event.key === "?") return false;
    if (event.code === "Slash" || event.key === "/") { this.#run.slash(); return true; }
    if (this.#run.isMark(event.key)) { this.#run.mark(event.key); return true; }
    if (/[\p{L}\d,.]/u.test(event.key)) { this.#run.edit(event.key); return true; }
    return false;
  }

  /** A digit after «4/» finishes the cell, as a digit alone does. */
  #typesInField(event: KeyboardEvent): boolean {
    if (this.#editor.hasCaret || !this.#run.isMark(event.key) || !/^(\d\/)+$/.test(this.#editor.text)) return false;
    this.#editor.append(event.key);
    this.#run.mark("");
    return true;
  }
}
