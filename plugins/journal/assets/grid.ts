/**
 * `<journal-grid>` turns the table of a journal page into a tool: marks from the keyboard, saved in the
 * background, changes of others as they come. The table is the server's; without scripts it reads as it is.
 */

import { announce } from "@portal/announce";
import { api, type Fault } from "@portal/api";
import { registerKey } from "@portal/keys";
import { subscribe, type LiveMessage } from "@portal/live";
import { toast } from "@portal/toast";
import { openPart } from "./grid/drawer";
import { SaveQueue, type CellAnswer, type CellState } from "./grid/queue";
import { say } from "./grid/words";

interface Changes { version: number; cells: CellAnswer[]; lessons_changed: boolean }
interface Step { key: string; before: string; after: string }
type Cell = HTMLTableCellElement;

const STATES: CellState[] = ["saving", "waiting", "failed"];
const plainId = (id: string): string => id.replaceAll("-", "");

class JournalGrid extends HTMLElement {
  #page = "";
  #version = 0;
  #queue!: SaveQueue;
  #heads: Cell[] = [];
  #rows: HTMLTableRowElement[] = [];
  #row = 0;
  #column = 0;
  #cells = new Map<string, Cell>();
  /** What the server has, by cell; the cell itself may show what is still on its way. */
  #base = new WeakMap<Cell, string>();
  #input: HTMLInputElement | undefined;
  /** The cell of the last digit: «/» after it writes a second mark there. */
  #quick: Cell | undefined;
  #undo: Step[] = [];
  #redo: Step[] = [];
  #end: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #words!: HTMLElement;
  #offline!: HTMLElement;
  #choice!: HTMLSelectElement;

  connectedCallback(): void {
    this.#page = this.dataset["page"] ?? "";
    this.#version = Number(this.dataset["version"]);
    this.#build();
    this.#read();
    if (!this.#rows.length) return;
    this.#queue = new SaveQueue(this.#page, {
      state: (key, state, fault, value) => this.#showState(key, state, fault, value),
      saved: (key, answer) => this.#saved(key, answer),
      waiting: (count, signedOut) => {
        this.#offline.hidden = !count;
        this.#offline.textContent = count ? say(signedOut ? "signedOut" : "waiting", { count }) : "";
      },
    });
    const restored = this.#queue.restore();
    for (const entry of restored) {
      const cell = this.#cells.get(`${plainId(entry.pupil)}:${plainId(entry.lesson)}`);
      if (cell) { this.#text(cell, entry.value); cell.classList.add("saving"); }
    }
    if (restored.length) toast(say("restored", { count: restored.length }));
    this.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("click", (event) => this.#click(event));
    this.addEventListener("dblclick", (event) => { if (this.#cellOf(event)) this.#edit(); });
    this.addEventListener("focusin", (event) => this.#focused(event));
    const catchUp = (): void => void this.#catchUp();
    document.addEventListener("portal:sent-later", catchUp);
    this.#end.push(() => document.removeEventListener("portal:sent-later", catchUp));
    this.#end.push(subscribe(`journal_page:${this.#page}`, (message) => this.#heard(message)));
    for (const [keys, title] of [["5", "keyDigit"], ["/", "keySlash"], ["Н", "keyLetter"], ["Backspace", "keyClear"], ["F2", "keyEdit"], ["Ctrl+Enter", "keyCard"], ["Ctrl+Z", "keyUndo"], ["Ctrl+Y", "keyRedo"], ["Tab", "keyTab"], ["↑ ↓ ← →", "keyMove"]] as const) {
      this.#end.push(registerKey({ keys, title: say(title) }));
    }
    const box = this.querySelector<HTMLElement>(".jr-box");
    if (box) { box.removeAttribute("tabindex"); }
    this.dataset["ready"] = "";
    const asked = this.#heads.findIndex((head) => location.hash === `#l${head.dataset["l"]}`);
    const today = this.#heads.findIndex((head) => head.classList.contains("t"));
    this.#mark(0, asked >= 0 ? asked : today >= 0 ? today : this.#lastBegun());
    this.#heads[this.#column]?.scrollIntoView({ block: "nearest", inline: "center" });
    scrollTo(0, 0);
  }

  disconnectedCallback(): void {
    for (const end of this.#end) end();
  }

  get #mayMark(): boolean {
    return this.dataset["mayMark"] !== undefined;
  }

  /** The last column with something written in it: where work goes on. */
  #lastBegun(): number {
    for (let at = this.#heads.length - 1; at > 0; at--) {
      if (this.#rows.some((row) => row.cells[at + 1]?.textContent?.trim())) return at;
    }
    return 0;
  }

  #build(): void {
    this.#offline = document.createElement("div");
    this.#offline.className = "jr-offline";
    this.#offline.hidden = true;
    this.#offline.setAttribute("role", "status");
    const choose = document.createElement("div");
    choose.className = "jr-choose";
    this.#choice = document.createElement("select");
    this.#choice.className = "select";
    this.#choice.setAttribute("aria-label", say("choose"));
    this.#choice.addEventListener("change", () => this.#mark(this.#row, Number(this.#choice.value)));
    choose.append(
      iconButton("‹", say("previous"), () => this.#mark(this.#row, this.#column - 1)),
      this.#choice,
      iconButton("›", say("next"), () => this.#mark(this.#row, this.#column + 1)),
    );
    const line = document.createElement("div");
    line.className = "jr-line no-print";
    this.#words = document.createElement("span");
    this.#words.className = "jr-words";
    line.append(this.#words, plainButton(say("lesson"), () => this.#openLesson()), plainButton(say("cell"), () => this.#openCell()));
    const keys = document.createElement("div");
    keys.className = "jr-keys";
    keys.setAttribute("aria-label", say("input"));
    const marks = this.dataset["noMarks"] === undefined ? ["5", "4", "3", "2"] : [];
    for (const key of [...marks, "н", "б", "оп"]) {
      keys.append(plainButton(key, () => { this.#set(key); this.#move(1, 0); }, ""));
    }
    const clear = plainButton("⌫", () => this.#set(""), "");
    clear.setAttribute("aria-label", say("clear"));
    keys.append(clear);
    this.prepend(this.#offline, choose);
    this.append(line, keys);
  }

  /** Learns the table: after the page has come, and after columns have changed. */
  #read(): void {
    const table = this.querySelector("table");
    table?.setAttribute("role", "grid");
    table?.setAttribute("aria-label", say("grid"));
    if (!this.#mayMark) table?.setAttribute("aria-readonly", "true");
    this.#heads = [...this.querySelectorAll<Cell>("thead th[data-l]")];
    this.#rows = [...this.querySelectorAll<HTMLTableRowElement>("tbody tr")];
    this.#cells.clear();
    for (const row of this.#rows) {
      this.#heads.forEach((head, column) => {
        const cell = row.cells[column + 1];
        if (!cell) return;
        cell.tabIndex = -1;
        this.#base.set(cell, (cell.textContent ?? "").trim());
        this.#cells.set(`${row.dataset["p"]}:${head.dataset["l"]}`, cell);
      });
    }
    for (const head of this.#heads) head.tabIndex = -1;
    this.#choice.replaceChildren(...this.#heads.map((head, at) => new Option(this.#dayOf(head), String(at))));
  }

  /** «23 ноября, пн: тема», as the list of topics has it. */
  #topicOf(head: Cell | undefined): { day: string; topic: string } {
    const line = head ? document.getElementById(`l${head.dataset["l"]}`) as HTMLTableRowElement | null : null;
    return { day: line?.cells[0]?.textContent?.trim() ?? "", topic: line?.cells[2]?.textContent?.trim() ?? "" };
  }

  #dayOf(head: Cell): string {
    const { day, topic } = this.#topicOf(head);
    return topic ? `${day} – ${topic}` : day;
  }

  #cellAt(row = this.#row, column = this.#column): Cell | undefined {
    return row < 0 ? this.#heads[column] : this.#rows[row]?.cells[column + 1];
  }

  #keyOf(cell: Cell): string {
    const row = cell.parentElement as HTMLTableRowElement;
    return `${row.dataset["p"]}:${this.#heads[cell.cellIndex - 1]?.dataset["l"]}`;
  }

  #nameOf(cell: Cell): string {
    return (cell.parentElement as HTMLTableRowElement).cells[0]?.textContent?.trim() ?? "";
  }

  #text(cell: Cell, text: string): void {
    cell.textContent = text;
    const last = text.at(-1) ?? "";
    cell.classList.toggle("d", /^[\d/]+$/.test(text) && "21".includes(last));
  }

  /** Makes a cell the active one, without moving the focus into it. */
  #mark(row: number, column: number): void {
    const r = Math.max(-1, Math.min(row, this.#rows.length - 1));
    const c = Math.max(0, Math.min(column, this.#heads.length - 1));
    const before = this.#cellAt();
    before?.classList.remove("active");
    if (before) before.tabIndex = -1;
    this.#rows[this.#row]?.classList.remove("on");
    for (const each of this.querySelectorAll(".jr td.on, .jr thead th.on")) each.classList.remove("on");
    this.#row = r;
    this.#column = c;
    const cell = this.#cellAt();
    if (!cell) return;
    cell.tabIndex = 0;
    if (r >= 0) cell.classList.add("active");
    this.#rows[r]?.classList.add("on");
    this.#heads[c]?.classList.add("on");
    for (const each of this.#rows) each.cells[c + 1]?.classList.add("on");
    this.#choice.value = String(c);
    this.#tell(cell);
  }

  #tell(cell: Cell): void {
    const { day, topic } = this.#topicOf(this.#heads[this.#column]);
    const strong = document.createElement("strong");
    strong.textContent = day;
    this.#words.replaceChildren(strong, ` ${topic || say("noTopic")}`);
    const why = cell.dataset["why"];
    if (why) {
      const fault = document.createElement("span");
      fault.className = "danger-text";
      fault.textContent = ` ${say("failed", { why })}`;
      this.#words.append(fault);
    }
  }

  #move(down: number, right: number): void {
    this.#go(this.#row + down, this.#column + right);
  }

  #go(row: number, column: number): void {
    this.#mark(row, column);
    const cell = this.#cellAt();
    if (!cell) return;
    cell.focus({ preventScroll: true });
    this.#reveal(cell);
  }

  /** Scrolls so that the sticky name, head and average do not cover the cell. */
  #reveal(cell: Cell): void {
    const box = this.querySelector<HTMLElement>(".jr-box");
    const name = this.#rows[0]?.cells[0];
    const head = this.#heads[0];
    if (!box || !name || !head) return;
    const outer = box.getBoundingClientRect();
    const inner = cell.getBoundingClientRect();
    const left = outer.left + name.offsetWidth;
    const right = outer.right - (this.#rows[0]?.cells[this.#heads.length + 1]?.offsetWidth ?? 0) - 16;
    const top = head.offsetParent ? head.getBoundingClientRect().bottom : outer.top;
    if (inner.left < left) box.scrollLeft -= left - inner.left;
    else if (inner.right > right) box.scrollLeft += inner.right - right;
    if (inner.top < top) box.scrollTop -= top - inner.top;
    else if (inner.bottom > outer.bottom - 16) box.scrollTop += inner.bottom - outer.bottom + 16;
    const page = cell.getBoundingClientRect();
    if (page.bottom > innerHeight - 80 || page.top < 60) cell.scrollIntoView({ block: "center", inline: "nearest" });
  }

  #cellOf(event: Event): Cell | undefined {
    const cell = (event.target as Element).closest<Cell>("td, thead th[data-l]");
    return cell && (cell.dataset["l"] || this.#cells.get(this.#keyOf(cell)) === cell) ? cell : undefined;
  }

  #focused(event: FocusEvent): void {
    if (event.target === this.#input) return;
    const cell = this.#cellOf(event);
    if (!cell) return;
    const head = this.#heads.indexOf(cell);
    if (head >= 0) this.#mark(-1, head);
    else this.#mark(this.#rows.indexOf(cell.parentElement as HTMLTableRowElement), cell.cellIndex - 1);
  }

  #click(event: MouseEvent): void {
    const cell = this.#cellOf(event);
    if (!cell || event.target === this.#input) return;
    this.#commit();
    if (cell.dataset["l"]) { this.#mark(-1, this.#heads.indexOf(cell)); this.#openLesson(); }
    else this.#go(this.#rows.indexOf(cell.parentElement as HTMLTableRowElement), cell.cellIndex - 1);
  }

  #key(event: KeyboardEvent): void {
    if (event.isComposing || !(event.target as Element).closest(".jr")) return;
    if (this.#keyMoves(event) || this.#keyCommands(event) || this.#keyTypes(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  #keyMoves(event: KeyboardEvent): boolean {
    if (event.altKey) return false;
    const control = event.ctrlKey || event.metaKey;
    // In the field the arrows left and right move the caret once something has been typed by F2.
    const caret = this.#input?.dataset["caret"] !== undefined;
    const steps: Record<string, [number, number] | undefined> = {
      ArrowUp: [-1, 0], ArrowDown: [1, 0],
      ArrowLeft: caret ? undefined : [0, -1], ArrowRight: caret ? undefined : [0, 1],
      PageUp: [-10, 0], PageDown: [10, 0],
    };
    const step = steps[event.key];
    if (step && !control) { this.#commit(); this.#move(...step); return true; }
    if (event.key === "Tab") {
      const next = this.#column + (event.shiftKey ? -1 : 1);
      this.#commit();
      if (next < 0 || next >= this.#heads.length) return false;
      this.#go(this.#row, next);
      return true;
    }
    if (event.key === "Enter" && !control) {
      if (this.#row < 0) { this.#openLesson(); return true; }
      this.#commit();
      this.#move(event.shiftKey ? -1 : 1, 0);
      return true;
    }
    if (!caret && event.key === "Home") { this.#commit(); this.#go(control ? 0 : this.#row, 0); return true; }
    if (!caret && event.key === "End") {
      this.#commit();
      this.#go(control ? this.#rows.length - 1 : this.#row, this.#heads.length - 1);
      return true;
    }
    return false;
  }

  #keyCommands(event: KeyboardEvent): boolean {
    const control = event.ctrlKey || event.metaKey;
    if (event.key === "Escape" && this.#input) { this.#cancel(); return true; }
    if (event.key === "Escape" && this.#forget()) return true;
    if (control && event.key === "Enter") {
      this.#commit();
      if (this.#row < 0) this.#openLesson();
      else this.#openCell();
      return true;
    }
    // By the key's place: a Russian layout types «я» where Z stands.
    if (control && event.code === "KeyZ") { this.#commit(); this.#back(event.shiftKey ? this.#redo : this.#undo, event.shiftKey ? this.#undo : this.#redo, event.shiftKey); return true; }
    if (control && event.code === "KeyY") { this.#commit(); this.#back(this.#redo, this.#undo, true); return true; }
    if (control || event.altKey || this.#row < 0) return false;
    if (event.key === "F2") { this.#edit(undefined, true); return true; }
    if (!this.#input && (event.key === "Backspace" || event.key === "Delete")) { this.#set(""); return true; }
    return false;
  }

  #keyTypes(event: KeyboardEvent): boolean {
    if (this.#input) return this.#keyInField(event);
    if (event.ctrlKey || event.metaKey || event.altKey || this.#row < 0 || event.key.length !== 1 || event.key === " " || event.key === "?") return false;
    if (event.code === "Slash" || event.key === "/") {
      if (this.#quick && this.#quick.isConnected) {
        const cell = this.#quick;
        this.#go(this.#rows.indexOf(cell.parentElement as HTMLTableRowElement), cell.cellIndex - 1);
        this.#edit(`${cell.textContent ?? ""}/`);
      }
      return true;
    }
    if (this.#isMark(event.key)) {
      const cell = this.#cellAt();
      this.#set(event.key);
      this.#quick = cell;
      this.#move(1, 0);
      return true;
    }
    if (/[\p{L}\d,]/u.test(event.key)) { this.#edit(event.key); return true; }
    return false;
  }

  /** A digit after «4/» finishes the cell, as a digit alone does. */
  #keyInField(event: KeyboardEvent): boolean {
    const field = this.#input;
    if (!field || field.dataset["caret"] !== undefined || !this.#isMark(event.key) || !/^(\d\/)+$/.test(field.value)) return false;
    const cell = this.#cellAt();
    field.value += event.key;
    this.#commit();
    this.#quick = cell;
    this.#move(1, 0);
    return true;
  }

  #isMark(key: string): boolean {
    const highest = Number(this.dataset["highest"]);
    return /^\d$/.test(key) && highest < 10 && Number(key) <= highest && Number(key) >= Number(this.dataset["lowest"]);
  }

  #writable(cell: Cell | undefined): cell is Cell {
    if (!cell || this.#row < 0) return false;
    if (!this.#mayMark) { announce(say("readOnly")); toast(say("readOnly")); return false; }
    if (this.dataset["onlyOwn"] !== undefined && this.#heads[this.#column]?.dataset["own"] === undefined) { toast(say("notYours")); return false; }
    if (cell.classList.contains("x")) { toast(say("notThen")); return false; }
    return true;
  }

  #edit(start?: string, caret = false): void {
    const cell = this.#cellAt();
    if (this.#input || !this.#writable(cell)) return;
    const field = document.createElement("input");
    field.value = start ?? (cell.textContent ?? "").trim();
    field.dataset["before"] = (cell.textContent ?? "").trim();
    field.setAttribute("aria-label", `${say("input")}: ${this.#nameOf(cell)}`);
    field.autocomplete = "off";
    field.spellcheck = false;
    if (caret || start === undefined) field.dataset["caret"] = "";
    cell.replaceChildren(field);
    cell.classList.add("editing");
    this.#input = field;
    field.focus({ preventScroll: true });
    field.setSelectionRange(field.value.length, field.value.length);
    field.addEventListener("blur", () => { if (this.#input === field) this.#commit(false); });
  }

  #leave(): { cell: Cell; value: string; before: string } | undefined {
    const field = this.#input;
    const cell = field?.closest("td");
    if (!field || !cell) return undefined;
    this.#input = undefined;
    const before = field.dataset["before"] ?? "";
    cell.classList.remove("editing");
    this.#text(cell, before);
    return { cell, value: field.value.trim(), before };
  }

  #commit(focus = true): void {
    const left = this.#leave();
    if (!left) return;
    if (focus) left.cell.focus({ preventScroll: true });
    this.#write(left.cell, left.value);
  }

  #cancel(): void {
    this.#leave()?.cell.focus({ preventScroll: true });
  }

  /** Gives up what was refused: the cell shows again what is stored. */
  #forget(): boolean {
    const cell = this.#cellAt();
    if (!cell?.classList.contains("failed")) return false;
    this.#text(cell, this.#base.get(cell) ?? "");
    this.#showState(this.#keyOf(cell), "saved");
    this.#tell(cell);
    return true;
  }

  #set(value: string): void {
    const cell = this.#cellAt();
    if (this.#writable(cell)) this.#write(cell, value);
  }

  #write(cell: Cell, value: string, remember = true): void {
    const before = (cell.textContent ?? "").trim();
    const failed = cell.classList.contains("failed");
    if (value === before && !failed) return;
    const key = this.#keyOf(cell);
    const base = this.#base.get(cell) ?? "";
    if (remember) { this.#undo.push({ key, before: failed ? base : before, after: value }); this.#redo = []; }
    this.#text(cell, value);
    const [pupil = "", lesson = ""] = key.split(":");
    this.#queue.put(pupil, lesson, value, base);
  }

  #back(from: Step[], to: Step[], forward: boolean): void {
    const step = from.pop();
    const cell = step && this.#cells.get(step.key);
    if (!step || !cell) return;
    to.push(step);
    this.#go(this.#rows.indexOf(cell.parentElement as HTMLTableRowElement), cell.cellIndex - 1);
    this.#write(cell, forward ? step.after : step.before, false);
    announce(say("undone", { name: this.#nameOf(cell) }));
  }

  #showState(key: string, state: CellState, fault?: Fault, value = ""): void {
    const cell = this.#cells.get(key);
    if (!cell) return;
    cell.classList.remove(...STATES);
    if (state !== "saved") cell.classList.add(state);
    cell.removeAttribute("aria-invalid");
    delete cell.dataset["why"];
    if (state !== "failed" || !fault) return;
    cell.dataset["why"] = fault.message;
    cell.setAttribute("aria-invalid", "true");
    if (fault.status === 409 && "text" in fault.fields) this.#conflict(cell, fault, value);
    else toast(`${this.#nameOf(cell)}: ${fault.message}`, { tone: "danger", stay: 10_000 });
    if (cell === this.#cellAt()) this.#tell(cell);
  }

  /** Somebody was faster: theirs is shown, ours is offered again. */
  #conflict(cell: Cell, fault: Fault, mine: string): void {
    const theirs = fault.fields["text"] ?? "";
    this.#base.set(cell, theirs);
    this.#text(cell, theirs);
    toast(`${this.#nameOf(cell)}: ${fault.message}`, {
      tone: "danger",
      stay: 20_000,
      ...(mine === theirs ? {} : { action: { title: say("mine"), run: () => this.#write(cell, mine) } }),
    });
  }

  #saved(key: string, answer: CellAnswer): void {
    const cell = this.#cells.get(key);
    if (answer.version === this.#version + 1) this.#version = answer.version;
    if (!cell) return;
    this.#take(cell, answer);
    announce(answer.text ? say("saved", { name: this.#nameOf(cell), text: answer.text }) : say("cleared", { name: this.#nameOf(cell) }));
  }

  #take(cell: Cell, answer: CellAnswer): void {
    this.#base.set(cell, answer.text);
    if (this.#input?.closest("td") === cell) this.#input.dataset["before"] = answer.text;
    else this.#text(cell, answer.text);
    cell.classList.remove(...STATES);
    delete cell.dataset["why"];
    cell.removeAttribute("aria-invalid");
    for (const flag of answer.flags.split(" ")) if (flag) cell.classList.add(flag);
    const row = cell.parentElement as HTMLTableRowElement;
    const average = row.cells[this.#heads.length + 1];
    if (average) average.textContent = answer.average;
  }

  #heard(message: LiveMessage): void {
    const version = Number(message["version"] ?? 0);
    if (!message["missed"] && version <= this.#version) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#catchUp(), 40);
  }

  /** Fetches what has changed since the version shown here. */
  async #catchUp(): Promise<void> {
    let changes: Changes;
    try {
      changes = await api<Changes>(`/api/v1/journal/pages/${this.#page}/cells?since=${this.#version}`);
    } catch {
      // The next message, or the connection's return, asks again.
      return;
    }
    this.#version = Math.max(this.#version, changes.version);
    if (changes.lessons_changed) await this.#reload();
    for (const answer of changes.cells) {
      const key = `${plainId(answer.pupil)}:${plainId(answer.lesson)}`;
      const cell = this.#cells.get(key);
      if (!cell || this.#queue.has(key)) continue;
      const news = (this.#base.get(cell) ?? "") !== answer.text;
      this.#take(cell, answer);
      if (news) { cell.classList.remove("fresh"); void cell.offsetWidth; cell.classList.add("fresh"); }
    }
  }

  /** Columns have changed: takes the table and the topics of the page as it is now. */
  async #reload(): Promise<void> {
    const answer = await fetch(location.pathname + location.search, { credentials: "same-origin" });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const table = fresh.querySelector(".jr");
    if (!table) return;
    this.#commit(false);
    const lesson = this.#heads[this.#column]?.dataset["l"];
    const waiting = [...this.#cells].filter(([key]) => this.#queue.has(key)).map(([key, cell]) => [key, cell.textContent ?? ""] as const);
    const focused = this.contains(document.activeElement);
    this.querySelector(".jr")?.replaceWith(document.adoptNode(table));
    const topics = fresh.querySelector(".jr-topics");
    if (topics) document.querySelector(".jr-topics")?.replaceWith(document.adoptNode(topics));
    this.#read();
    for (const [key, text] of waiting) {
      const cell = this.#cells.get(key);
      if (cell) { this.#text(cell, text); cell.classList.add("saving"); }
    }
    const column = this.#heads.findIndex((head) => head.dataset["l"] === lesson);
    this.#mark(this.#row, column < 0 ? this.#column : column);
    if (focused) this.#cellAt()?.focus({ preventScroll: true });
  }

  #openLesson(): void {
    const lesson = this.#heads[this.#column]?.dataset["l"];
    if (lesson) openPart(`/journal/${this.#page}/lessons/${lesson}`);
  }

  #openCell(): void {
    const cell = this.#cellAt(Math.max(this.#row, 0));
    if (!cell) return;
    const [pupil = "", lesson = ""] = this.#keyOf(cell).split(":");
    openPart(`/journal/${this.#page}/cells/${lesson}/${pupil}`);
  }
}

function plainButton(title: string, run: () => void, kind = "button quiet"): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = kind;
  button.textContent = title;
  button.addEventListener("click", run);
  return button;
}

function iconButton(sign: string, title: string, run: () => void): HTMLButtonElement {
  const button = plainButton(sign, run, "icon-button");
  button.setAttribute("aria-label", title);
  return button;
}

if (!customElements.get("journal-grid")) customElements.define("journal-grid", JournalGrid);
