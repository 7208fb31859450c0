/** The table of a curriculum as a grid: arrows lead, a digit writes, what is written saves itself. */

import { announce } from "@portal/announce";
import { say } from "./curriculum/words";
import { type Answer, Saving } from "./curriculum/saving";
import { showFindings } from "./curriculum/findings";

class CurriculumTable extends HTMLElement {
  private active: HTMLTableCellElement | undefined;
  private input: HTMLInputElement | undefined;
  private readonly done: { cell: HTMLTableCellElement; before: string }[] = [];
  private saving!: Saving;

  connectedCallback(): void {
    if (!this.dataset["url"]) return;
    this.saving = new Saving(this.dataset["url"], Number(this.dataset["revision"]), (answer) => this.show(answer));
    // The box only scrolls; its cells take the focus.
    this.removeAttribute("tabindex");
    this.removeAttribute("role");
    this.querySelector("table")?.setAttribute("role", "grid");
    for (const cell of this.cells()) cell.tabIndex = -1;
    const first = this.cells()[0];
    if (first) { first.tabIndex = 0; this.active = first; }
    this.addEventListener("focusin", (event) => this.focused(event.target));
    this.addEventListener("keydown", (event) => this.pressed(event));
    this.addEventListener("dblclick", () => this.open());
    this.addEventListener("click", (event) => { if ((event as PointerEvent).pointerType === "touch" && event.target === this.active) this.open(); });
    this.addEventListener("focusout", (event) => { if (event.target === this.input) this.close(true); });
    this.addEventListener("paste", (event) => this.pasted(event));
    this.dataset["ready"] = "";
  }

  private cells(): HTMLTableCellElement[] {
    return [...this.querySelectorAll<HTMLTableCellElement>("td[data-own]")];
  }

  private focused(target: EventTarget | null): void {
    const cell = target instanceof HTMLTableCellElement && target.dataset["own"] !== undefined ? target : undefined;
    if (!cell || cell === this.active) return;
    if (this.active) this.active.tabIndex = -1;
    cell.tabIndex = 0;
    this.active = cell;
  }

  private pressed(event: KeyboardEvent): void {
    const cell = this.active;
    if (!cell) return;
    if ((event.ctrlKey || event.metaKey) && event.code === "KeyZ" && !this.input) { event.preventDefault(); this.undo(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const steps: Record<string, [number, number]> = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const typing = this.input !== undefined;
    const step = steps[event.key];
    if (step && !(typing && step[1])) this.leave(event, step[0], step[1]);
    else if (event.key === "Enter") typing ? this.leave(event, event.shiftKey ? -1 : 1, 0) : this.open(event);
    else if (event.key === "Tab" && typing) this.leave(event, 0, event.shiftKey ? -1 : 1);
    else if (event.key === "Escape" && typing) { event.preventDefault(); this.close(false); cell.focus(); }
    else if (event.key === "F2" && !typing) this.open(event);
    else if ((event.key === "Delete" || event.key === "Backspace") && !typing) { event.preventDefault(); this.write(cell, ""); }
    else if (!typing && /^[\d½,.–-]$/.test(event.key)) { event.preventDefault(); this.open(undefined, event.key); }
  }

  private leave(event: Event, down: number, right: number): void {
    event.preventDefault();
    this.close(true);
    const cell = this.active;
    const next = cell && this.beside(cell, down, right);
    (next ?? cell)?.focus();
    next?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** The cell beside one; headings of parts are stepped over. */
  private beside(cell: HTMLTableCellElement, down: number, right: number): HTMLTableCellElement | undefined {
    if (right) {
      const found = right > 0 ? cell.nextElementSibling : cell.previousElementSibling;
      return found instanceof HTMLTableCellElement && found.dataset["own"] !== undefined ? found : undefined;
    }
    const rows = [...this.querySelectorAll<HTMLTableRowElement>("tr[data-row]")];
    return rows[rows.indexOf(cell.parentElement as HTMLTableRowElement) + down]?.cells[cell.cellIndex];
  }

  private open(event?: Event, typed?: string): void {
    const cell = this.active;
    if (!cell || this.input) return;
    event?.preventDefault();
    const input = document.createElement("input");
    input.className = "cu-input";
    input.inputMode = "decimal";
    input.autocomplete = "off";
    input.maxLength = 8;
    input.setAttribute("aria-label", say("input", this.names(cell)));
    input.value = typed ?? cell.dataset["own"] ?? "";
    cell.dataset["shown"] = cell.textContent ?? "";
    cell.replaceChildren(input);
    this.input = input;
    input.focus();
    if (typed === undefined) input.select();
  }

  private close(keep: boolean): void {
    const input = this.input;
    const cell = input?.closest("td");
    if (!input || !cell) return;
    this.input = undefined;
    const typed = input.value.trim();
    cell.textContent = cell.dataset["shown"] ?? "";
    if (keep) this.write(cell, typed);
  }

  private write(cell: HTMLTableCellElement, typed: string, isUndo = false): void {
    const before = cell.dataset["own"] ?? "";
    if (typed === before && cell.dataset["state"] !== "failed") return;
    if (!isUndo) this.done.push({ cell, before });
    cell.textContent = typed || cell.textContent;
    cell.classList.toggle("cu-from", !typed);
    cell.dataset["own"] = typed;
    cell.dataset["saved"] ??= before;
    this.saving.add({ cell, row: this.row(cell), column: this.column(cell), text: typed, force: false });
  }

  private undo(): void {
    const last = this.done.pop();
    if (!last) return;
    last.cell.focus();
    this.write(last.cell, last.before, true);
    announce(say("undone", this.names(last.cell)));
  }

  /** A block of cells from a spreadsheet, laid down from the active cell. */
  private pasted(event: ClipboardEvent): void {
    if (this.input || !this.active) return;
    event.preventDefault();
    let start: HTMLTableCellElement | undefined = this.active;
    for (const line of (event.clipboardData?.getData("text/plain") ?? "").replace(/\r?\n$/, "").split(/\r?\n/)) {
      let cell: HTMLTableCellElement | undefined = start;
      for (const text of line.split("\t")) {
        if (cell) this.write(cell, text.trim());
        cell = cell && this.beside(cell, 0, 1);
      }
      start = start && this.beside(start, 1, 0);
    }
  }

  private row(cell: HTMLTableCellElement): string {
    return (cell.parentElement as HTMLTableRowElement).dataset["row"] ?? "";
  }

  private column(cell: HTMLTableCellElement): string {
    return this.columns()[cell.cellIndex - 1] ?? "";
  }

  private columns(): string[] {
    return [...this.querySelectorAll<HTMLElement>("th[data-column]")].map((each) => each.dataset["column"] ?? "");
  }

  private names(cell: HTMLTableCellElement): { row: string; column: string } {
    return {
      row: cell.parentElement?.querySelector("th")?.textContent ?? "",
      column: this.querySelectorAll<HTMLElement>("th[data-column]")[cell.cellIndex - 1]?.title ?? "",
    };
  }

  private show(answer: Answer): void {
    const columns = this.columns();
    for (const each of answer.cells) {
      const place = columns.indexOf(each.column);
      const row = this.querySelector<HTMLTableRowElement>(`tr[data-row="${each.row}"]`);
      const cell = place < 0 ? undefined : row?.cells[place + 1];
      if (!cell) continue;
      cell.dataset["saved"] = each.text;
      if (this.saving.holds(cell)) continue;
      cell.dataset["own"] = each.text;
      if (cell === this.input?.parentElement) cell.dataset["shown"] = each.shown;
      else cell.textContent = each.shown;
      cell.classList.toggle("cu-from", !each.text && Boolean(each.shown));
    }
    const sums = new Map(answer.sums.map((each) => [each["column"], each]));
    for (const cell of this.querySelectorAll<HTMLTableCellElement>("td[data-sum]")) {
      const sum = sums.get(columns[cell.cellIndex - 1] ?? "");
      const name = cell.dataset["sum"] ?? "";
      if (!sum) continue;
      cell.textContent = sum[name] ?? "";
      if (name === "week") cell.dataset["level"] = sum["level"] ?? "";
    }
    showFindings(answer.findings);
  }
}

customElements.define("curriculum-table", CurriculumTable);
