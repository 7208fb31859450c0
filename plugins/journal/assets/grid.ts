/**
 * `<journal-grid>` turns the table of a journal page into a tool: marks from the keyboard, saved in the
 * background, changes of others as they come. The table is the server's; without scripts it reads as it is.
 */

import { announce } from "@portal/announce";
import { api, pageAt } from "@portal/api";
import { subscribe, type LiveMessage } from "@portal/live";
import { Refresh } from "@portal/refresh";
import { toast } from "@portal/toast";
import { type Bar, buildBar, plainButton } from "./grid/bar";
import { Blocks } from "./grid/blocks";
import { openPart } from "./grid/drawer";
import { Editor } from "./grid/editor";
import { warnOfExempt } from "./grid/exempt";
import { showExpected } from "./grid/expected";
import { Keyboard } from "./grid/keyboard";
import { type CellAnswer, SaveQueue } from "./grid/queue";
import { Selection } from "./grid/selection";
import { type Cell, plainId, Sheet } from "./grid/sheet";
import { CellStates, clear } from "./grid/states";
import { Totals } from "./grid/totals";
import { WhatIf } from "./grid/what_if";
import { say } from "./grid/words";
import { Writing } from "./grid/writing";

/** In a pass/fail subject: which of the two marks a key puts. */
const PASS_KEYS: Record<string, number> = { "+": 0, "=": 0, "-": 1, "−": 1 };

interface Changes { version: number; cells: CellAnswer[]; lessons_changed: boolean }

class JournalGrid extends HTMLElement {
  #page = "";
  #version = 0;
  #sheet = new Sheet(this);
  #selection = new Selection(this, this.#sheet);
  #editor = new Editor(this.#sheet, (cell, text) => this.#typed(cell, text));
  #blocks = new Blocks(this.#sheet, this.#selection, this.#editor, (texts, done) => this.#write(texts, done));
  #states = new CellStates(this.#sheet, this.#selection, this.#editor, {
    tell: () => this.#tell(),
    insist: (cell, text) => this.#write([[cell, text]]),
  });
  #queue!: SaveQueue;
  #writing!: Writing;
  #keyboard!: Keyboard;
  #bar!: Bar;
  #whatIf: WhatIf | undefined;
  #totals: Totals | undefined;
  /** The cell of the last digit: «/» after it writes a second mark there. */
  #quick: Cell | undefined;
  #dragging = false;
  #end: (() => void)[] = [];
  #changes = new Refresh(() => this.#catchUp(), 40);

  connectedCallback(): void {
    this.#page = this.dataset["page"] ?? "";
    this.#version = Number(this.dataset["version"]);
    this.#bar = buildBar(this, {
      step: (columns) => this.#mark(this.#selection.row, this.#selection.column + columns),
      choose: (column) => this.#mark(this.#selection.row, column),
      key: (text) => { this.#blocks.set(text); this.#go(this.#selection.row + 1, this.#selection.column); },
      clear: () => this.#blocks.set(""),
      openLesson: () => this.#openLesson(),
      openCell: () => this.#openCell(),
      fillDown: () => { this.#blocks.fillDown(); this.#focus(); },
      whatIf: () => { this.#toggleWhatIf(); this.#focus(); },
    }, this.#keys, this.#mayMark, !this.#passes);
    this.#read();
    if (!this.#sheet.rows.length) return;
    this.#queue = new SaveQueue(this.#page, {
      state: (key, state, fault, value) => {
        const cell = this.#sheet.byKey(key);
        if (cell) this.#states.show(cell, state, fault, value);
      },
      saved: (key, answer) => this.#saved(key, answer),
      refused: (count) => toast(say("refusedMany", { count }), { tone: "danger", stay: 12_000 }),
      waiting: (count, signedOut) => {
        this.#bar.offline.hidden = !count;
        this.#bar.offline.textContent = count ? say(signedOut ? "signedOut" : "waiting", { count }) : "";
      },
    });
    this.#writing = new Writing(this.#sheet, this.#queue);
    this.#restore();
    this.#listen();
    this.querySelector(".jr-box")?.removeAttribute("tabindex");
    const { term } = this.dataset;
    if (term) {
      this.#totals = new Totals(this, this.#page, term);
      void this.#totals.load();
      void showExpected(this.#sheet, this.#page, term);
    }
    this.dataset["ready"] = "";
    const { heads } = this.#sheet;
    const asked = heads.findIndex((head) => location.hash === `#l${head.dataset["l"]}`);
    const today = heads.findIndex((head) => head.classList.contains("t"));
    this.#mark(0, asked >= 0 ? asked : today >= 0 ? today : this.#sheet.lastBegun());
    heads[this.#selection.column]?.scrollIntoView({ block: "nearest", inline: "center" });
    scrollTo(0, 0);
  }

  disconnectedCallback(): void {
    for (const end of this.#end) end();
  }

  get #mayMark(): boolean {
    return this.dataset["mayMark"] !== undefined;
  }

  /** Whether the subject is only passed or not: no numbers, no averages. */
  get #passes(): boolean {
    return this.dataset["passes"] !== undefined;
  }

  /** The marks to offer as keys, best first. */
  get #keys(): string[] {
    return this.dataset["noMarks"] === undefined ? (this.dataset["keys"] ?? "").split(" ").filter(Boolean) : [];
  }

  #read(): void {
    this.#sheet.read(say("grid"), !this.#mayMark);
    this.#bar.choice.replaceChildren(...this.#sheet.heads.map((head, at) => new Option(this.#titleOf(head), String(at))));
  }

  #restore(): void {
    const restored = this.#queue.restore();
    for (const entry of restored) {
      const cell = this.#sheet.byKey(`${plainId(entry.pupil)}:${plainId(entry.lesson)}`);
      if (cell) { this.#sheet.show(cell, entry.value); cell.classList.add("saving"); }
    }
    if (restored.length) toast(say("restored", { count: restored.length }));
  }

  #listen(): void {
    this.#keyboard = new Keyboard(this.#sheet, this.#selection, this.#editor, {
      go: (row, column, extend) => this.#go(row, column, extend),
      openLesson: () => this.#openLesson(),
      openCell: () => this.#openCell(),
      undo: () => this.#walk(this.#writing.undo(), "undone"),
      redo: () => this.#walk(this.#writing.redo(), "redone"),
      fillDown: () => this.#blocks.fillDown(),
      edit: (start, caret) => this.#edit(start, caret),
      set: (text) => this.#blocks.set(text),
      mark: (digit) => this.#digit(digit),
      slash: () => this.#slash(),
      forget: () => this.#states.forget(),
      isMark: (key) => this.#isMark(key),
      leave: () => { if (!this.#whatIf) return false; this.#toggleWhatIf(); return true; },
    });
    this.addEventListener("keydown", (event) => {
      if (event.isComposing || !(event.target as Element).closest(".jr") || !this.#keyboard.press(event)) return;
      event.preventDefault();
      event.stopPropagation();
    });
    this.addEventListener("pointerdown", (event) => this.#pointerDown(event));
    this.addEventListener("pointerover", (event) => this.#pointerOver(event));
    const drop = (): void => { this.#dragging = false; };
    addEventListener("pointerup", drop);
    this.addEventListener("click", (event) => this.#click(event));
    this.addEventListener("dblclick", (event) => { if (this.#sheet.cellOf(event)) this.#edit(); });
    this.addEventListener("focusin", (event) => this.#focused(event));
    this.addEventListener("copy", (event) => this.#blocks.copy(event, false));
    this.addEventListener("cut", (event) => this.#blocks.copy(event, true));
    this.addEventListener("paste", (event) => { this.#blocks.paste(event); this.#tell(); });
    const catchUp = (): void => void this.#changes.now();
    document.addEventListener("portal:sent-later", catchUp);
    this.#end.push(
      () => removeEventListener("pointerup", drop),
      () => document.removeEventListener("portal:sent-later", catchUp),
      subscribe(`journal_page:${this.#page}`, (message) => this.#heard(message), { catchUp: true }),
      ...this.#keyboard.list(this.#passes),
      () => this.#changes.end(),
      () => this.#totals?.end(),
    );
  }

  #titleOf(head: Cell): string {
    const { day, topic } = this.#sheet.topicOf(head);
    return topic ? `${day} – ${topic}` : day;
  }

  #mark(row: number, column: number, extend = false): void {
    this.#selection.mark(row, column, extend);
    this.#bar.choice.value = String(this.#selection.column);
    this.#tell();
  }

  /** The line under the table: the lesson of the active cell, and what is wrong with the cell. */
  #tell(): void {
    const cell = this.#selection.cell;
    if (!cell) return;
    const { day, topic } = this.#sheet.topicOf(this.#sheet.heads[this.#selection.column]);
    const strong = document.createElement("strong");
    strong.textContent = day;
    const parts: (Node | string)[] = [strong, ` ${topic || say("noTopic")}`];
    const count = this.#selection.isBlock ? this.#selection.block.flat().length : 0;
    if (count) parts.push(` · ${say("chosen", { count })}`);
    const { why, mine } = cell.dataset;
    if (why) {
      const fault = document.createElement("span");
      fault.className = "danger-text";
      fault.textContent = ` ${say("failed", { why })}`;
      parts.push(fault);
      if (mine !== undefined) parts.push(" ", plainButton(say("mineText", { text: mine || say("nothing") }), () => this.#write([[cell, mine]])));
    }
    this.#bar.words.replaceChildren(...parts);
  }

  #go(row: number, column: number, extend = false): void {
    this.#mark(row, column, extend);
    const cell = this.#selection.cell;
    if (!cell) return;
    cell.focus({ preventScroll: true });
    this.#reveal(cell);
    if (extend && this.#selection.isBlock) announce(say("chosen", { count: this.#selection.block.flat().length }));
  }

  /** Puts the focus back into the active cell after a button was pressed. */
  #focus(): void {
    this.#selection.cell?.focus({ preventScroll: true });
  }

  /** Scrolls so that the sticky name, head and average do not cover the cell. */
  #reveal(cell: Cell): void {
    const box = this.querySelector<HTMLElement>(".jr-box");
    const row = this.#sheet.rows[0];
    const name = row?.cells[0];
    const head = this.#sheet.heads[0];
    if (!box || !row || !name || !head) return;
    const outer = box.getBoundingClientRect();
    const inner = cell.getBoundingClientRect();
    const left = outer.left + name.offsetWidth;
    const right = outer.right - this.#sheet.rightEdgeOf(row) - 16;
    const top = head.offsetParent ? head.getBoundingClientRect().bottom : outer.top;
    if (inner.left < left) box.scrollLeft -= left - inner.left;
    else if (inner.right > right) box.scrollLeft += inner.right - right;
    if (inner.top < top) box.scrollTop -= top - inner.top;
    else if (inner.bottom > outer.bottom - 16) box.scrollTop += inner.bottom - outer.bottom + 16;
    const page = cell.getBoundingClientRect();
    if (page.bottom > innerHeight - 80 || page.top < 60) cell.scrollIntoView({ block: "center", inline: "nearest" });
  }

  #focused(event: FocusEvent): void {
    if (this.#editor.isField(event.target)) return;
    const cell = this.#sheet.cellOf(event);
    if (!cell || cell === this.#selection.cell) return;
    const place = this.#sheet.placeOf(cell);
    this.#mark(place.row, place.column);
  }

  #pointerDown(event: PointerEvent): void {
    const cell = this.#sheet.cellOf(event);
    if (!cell || cell.dataset["l"] || event.button !== 0 || event.pointerType === "touch" || this.#editor.isField(event.target)) return;
    this.#editor.commit();
    const { row, column } = this.#sheet.placeOf(cell);
    // The focus follows by itself; with Shift it would begin a block of its own.
    if (event.shiftKey) event.preventDefault();
    this.#go(row, column, event.shiftKey);
    this.#dragging = true;
  }

  #pointerOver(event: PointerEvent): void {
    const cell = this.#dragging ? this.#sheet.cellOf(event) : undefined;
    if (!cell || cell.dataset["l"]) return;
    const { row, column } = this.#sheet.placeOf(cell);
    if (row !== this.#selection.row || column !== this.#selection.column) this.#go(row, column, true);
  }

  #click(event: MouseEvent): void {
    const cell = this.#sheet.cellOf(event);
    if (!cell || this.#editor.isField(event.target)) return;
    this.#editor.commit();
    const { row, column } = this.#sheet.placeOf(cell);
    if (cell.dataset["l"]) { this.#mark(row, column); this.#openLesson(); }
    else if (cell !== this.#selection.cell) this.#go(row, column, event.shiftKey);
  }

  #isMark(key: string): boolean {
    if (this.#passes) return key in PASS_KEYS;
    const highest = Number(this.dataset["highest"]);
    return /^\d$/.test(key) && highest < 10 && Number(key) <= highest && Number(key) >= Number(this.dataset["lowest"]);
  }

  /** Why a cell cannot be written; «» if it can. */
  #objection(cell: Cell): string {
    if (!this.#mayMark) return say("readOnly");
    const head = this.#sheet.heads[cell.cellIndex - 1];
    if (this.dataset["onlyOwn"] !== undefined && head?.dataset["own"] === undefined) return say("notYours");
    return cell.classList.contains("x") ? say("notThen") : "";
  }

  #edit(start?: string, caret = false): void {
    const cell = this.#selection.row < 0 ? undefined : this.#selection.cell;
    if (!cell || this.#editor.isOpen) return;
    const objection = this.#objection(cell);
    if (objection) toast(objection);
    else this.#editor.open(cell, start, caret);
  }

  #typed(cell: Cell, text: string): void {
    const chosen = this.#selection.isBlock && this.#selection.block.flat().includes(cell);
    if (chosen) this.#blocks.set(text);
    else this.#write([[cell, text]]);
  }

  #digit(digit: string): void {
    const cell = this.#selection.cell;
    if (this.#editor.isOpen) this.#editor.commit();
    else this.#blocks.set(this.#passes ? this.#keys[PASS_KEYS[digit] ?? 0] ?? "" : digit);
    this.#quick = cell;
    if (!this.#selection.isBlock) this.#go(this.#selection.row + 1, this.#selection.column);
  }

  #slash(): void {
    const cell = this.#quick;
    if (!cell?.isConnected) return;
    const { row, column } = this.#sheet.placeOf(cell);
    this.#go(row, column);
    this.#edit(`${this.#sheet.textOf(cell)}/`);
  }

  /** Writes texts into cells, as far as they can be written; says what could not. */
  #write(texts: [Cell, string][], done = ""): void {
    const objections = new Set<string>();
    const possible = texts.filter(([cell]) => {
      const objection = this.#objection(cell);
      if (objection) objections.add(objection);
      return !objection;
    });
    if (this.#whatIf) { this.#whatIf.write(possible); return; }
    const step = this.#writing.write(possible);
    if (step.length && !done) warnOfExempt(this.#sheet, possible, () => this.#walk(this.#writing.undo(step), "undone"));
    const count = step.length;
    const left = texts.length - possible.length;
    if (done && count) {
      const words = [say(done, { count }), left ? say("skipped", { count: left, why: [...objections].join(" ") }) : ""];
      toast(words.join(" ").trim(), { undo: () => this.#walk(this.#writing.undo(step), "undone") });
    } else if (left) toast([...objections].join(" "));
    else if (done) toast(say("nothingFilled"));
  }

  #walk(cells: Cell[], word: "undone" | "redone"): void {
    const first = cells[0];
    if (!first) return;
    const { row, column } = this.#sheet.placeOf(first);
    this.#go(row, column);
    announce(cells.length > 1 ? say("undoneMany", { count: cells.length }) : say(word, { name: this.#sheet.nameOf(first) }));
  }

  #toggleWhatIf(): void {
    this.#editor.commit();
    const was = this.#whatIf;
    this.#whatIf = was ? undefined : new WhatIf(this.#sheet, this.dataset["separator"] ?? ",", {
      debt: this.dataset["debt"] === undefined ? undefined : Number(this.dataset["debt"]), retakenCounts: this.dataset["retaken"] !== undefined,
    });
    was?.end();
    this.toggleAttribute("data-what-if", !was);
    this.#bar.whatIf?.setAttribute("aria-pressed", String(!was));
    announce(say(was ? "whatIfOff" : "whatIfOn"), true);
    if (!was) toast(say("whatIfOn"), { stay: 8_000 });
    // What others have changed meanwhile was not shown.
    else void this.#changes.now();
  }

  #saved(key: string, answer: CellAnswer): void {
    const cell = this.#sheet.byKey(key);
    if (answer.version === this.#version + 1) this.#version = answer.version;
    if (!cell) return;
    if (!this.#states.take(cell, answer)) clear(cell);
    this.#totals?.later();
    announce(answer.text ? say("saved", { name: this.#sheet.nameOf(cell), text: answer.text }) : say("cleared", { name: this.#sheet.nameOf(cell) }));
  }

  #heard(message: LiveMessage): void {
    const version = Number(message["version"] ?? 0);
    if (!message["missed"] && version <= this.#version) return;
    this.#changes.later();
  }

  /** Fetches what has changed since the version shown here. */
  async #catchUp(): Promise<void> {
    if (this.#whatIf) return;
    const changes = await api<Changes>(`/api/v1/journal/pages/${this.#page}/cells?since=${this.#version}`);
    if (changes.lessons_changed) await this.#reload();
    this.#version = Math.max(this.#version, changes.version);
    this.#totals?.later();
    for (const answer of changes.cells) {
      const key = `${plainId(answer.pupil)}:${plainId(answer.lesson)}`;
      const cell = this.#sheet.byKey(key);
      if (!cell) continue;
      if (this.#queue.has(key)) { this.#states.miss(cell, answer); continue; }
      const news = this.#sheet.baseOf(cell) !== answer.text;
      if (this.#states.take(cell, answer) && news) { cell.classList.remove("fresh"); void cell.offsetWidth; cell.classList.add("fresh"); }
    }
  }

  /** Columns have changed: takes the table and the topics of the page as it is now. */
  async #reload(): Promise<void> {
    const fresh = await pageAt(location.pathname + location.search);
    const table = fresh.querySelector(".jr");
    if (!table) return;
    this.#editor.commit(false);
    const lesson = this.#sheet.heads[this.#selection.column]?.dataset["l"];
    const waiting = [...this.#sheet.entries()].filter(([key]) => this.#queue.has(key)).map(([key, cell]) => [key, this.#sheet.textOf(cell)] as const);
    const focused = this.contains(document.activeElement);
    this.querySelector(".jr")?.replaceWith(document.adoptNode(table));
    const topics = fresh.querySelector(".jr-topics");
    if (topics) document.querySelector(".jr-topics")?.replaceWith(document.adoptNode(topics));
    document.querySelector(".jr-former")?.remove();
    const former = fresh.querySelector(".jr-former");
    if (former) this.after(document.adoptNode(former));
    this.#read();
    for (const [key, text] of waiting) {
      const cell = this.#sheet.byKey(key);
      if (cell) { this.#sheet.show(cell, text); cell.classList.add("saving"); }
    }
    const column = this.#sheet.heads.findIndex((head) => head.dataset["l"] === lesson);
    this.#mark(this.#selection.row, column < 0 ? this.#selection.column : column);
    if (focused) this.#selection.cell?.focus({ preventScroll: true });
  }

  #openLesson(): void {
    const lesson = this.#sheet.heads[this.#selection.column]?.dataset["l"];
    if (lesson) openPart(`/journal/${this.#page}/lessons/${lesson}`);
  }

  #openCell(): void {
    const cell = this.#sheet.cellAt({ row: Math.max(this.#selection.row, 0), column: this.#selection.column });
    if (!cell) return;
    const [pupil = "", lesson = ""] = this.#sheet.keyOf(cell).split(":");
    openPart(`/journal/${this.#page}/cells/${lesson}/${pupil}`);
  }
}

if (!customElements.get("journal-grid")) customElements.define("journal-grid", JournalGrid);
