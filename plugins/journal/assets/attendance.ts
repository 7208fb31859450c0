/**
 * `<attendance-day>` turns the cells of a class's day into choices of codes, saved in the background;
 * `<attendance-sheet>` shows the sheet of absentees anew when attendance of its day changes.
 */

import { announce } from "@portal/announce";
import { api, Fault, idempotencyKey, pageAt } from "@portal/api";
import { subscribe, type LiveMessage } from "@portal/live";
import { Refresh } from "@portal/refresh";
import { toast } from "@portal/toast";

interface Code { code: string; title: string; late: boolean; absent: boolean }
interface DayCell { lesson: string; code: string; title: string; absent: boolean; expected: string }
interface Day { pupils: { id: string; missed: number; late_minutes: number; cells: (DayCell | null)[] }[] }
interface Noted { code: string; title: string; absent: boolean }
interface Words extends Record<string, unknown> { codes?: Code[] }

const words = JSON.parse(document.getElementById("attendance-words")?.textContent ?? "{}") as Words;
const say = (key: string, values: Record<string, string | number> = {}): string =>
  String(words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
const MINUTES = [5, 10, 15, 20, 30];
const SOON = 300;

class AttendanceDay extends HTMLElement {
  /** What the server has, by cell; a choice that is on its way is not there yet. */
  #base = new Map<HTMLSelectElement, string>();
  #running = new Set<HTMLSelectElement>();
  #end: (() => void) | undefined;
  #refresh = new Refresh(() => this.#fetch(), SOON);

  connectedCallback(): void {
    for (const cell of this.querySelectorAll<HTMLTableCellElement>("td[data-may]")) this.#build(cell);
    this.addEventListener("change", (event) => {
      if (event.target instanceof HTMLSelectElement) void this.#save(event.target);
    });
    this.addEventListener("keydown", (event) => this.#key(event));
    this.#end = subscribe(this.dataset["topic"] ?? "", (message) => this.#heard(message), { catchUp: true });
    this.dataset["ready"] = "";
  }

  disconnectedCallback(): void {
    this.#end?.();
    this.#refresh.end();
  }

  #build(cell: HTMLTableCellElement): void {
    const choice = document.createElement("select");
    const row = cell.closest("tr");
    const name = row?.querySelector("th")?.firstChild?.textContent?.trim() ?? "";
    const head = this.querySelector<HTMLElement>("thead tr")?.children[cell.cellIndex];
    const lesson = `${head?.querySelector("b")?.textContent ?? ""} ${head?.querySelector("a")?.textContent ?? ""}`.trim();
    choice.setAttribute("aria-label", say("cell", { name, lesson }));
    const code = cell.querySelector(".at-expected") ? "" : cell.textContent?.trim() ?? "";
    cell.replaceChildren(choice);
    this.#fill(choice, code, cell.dataset["expected"] ?? "");
  }

  /** The choices of a cell, `code` chosen; what the family announced is said where nothing is noted. */
  #fill(choice: HTMLSelectElement, code: string, expected: string): void {
    const option = (value: string, title: string): HTMLOptionElement => new Option(title, value);
    const options = [option("", expected ? `${expected}?` : "")];
    for (const each of words.codes ?? []) {
      options.push(option(each.code, each.code));
      options.at(-1)!.title = each.title;
      options.at(-1)!.label = `${each.code} – ${each.title}`;
      if (each.late) {
        for (const count of MINUTES) {
          const late = option(each.code + String(count), each.code + String(count));
          late.label = `${each.code}${count} – ${say("minutes", { code: each.title, count })}`;
          options.push(late);
        }
      }
    }
    if (code && !options.some((each) => each.value === code)) options.push(option(code, code));
    choice.replaceChildren(...options);
    choice.value = code;
    this.#base.set(choice, code);
  }

  async #save(choice: HTMLSelectElement): Promise<void> {
    const cell = choice.closest("td");
    if (!cell || this.#running.has(choice)) return;
    const value = choice.value;
    this.#running.add(choice);
    cell.classList.remove("failed");
    cell.classList.add("saving");
    try {
      const noted = await api<Noted>("/api/v1/journal/attendance", {
        method: "PUT", keepalive: true, idempotencyKey: idempotencyKey(),
        body: { lesson: cell.dataset["lesson"], pupil: cell.dataset["pupil"], code: value, was: this.#base.get(choice) ?? "" },
      });
      this.#show(cell, choice, noted);
      announce(say("saved", { name: choice.getAttribute("aria-label") ?? "", text: noted.title || say("present") }));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      cell.classList.add("failed");
      if (error.status === 409 && error.fields["text"] !== undefined) {
        this.#fill(choice, error.fields["text"], "");
        cell.classList.remove("failed");
        this.#refresh.later();
      }
      const again = { title: say("repeat"), run: () => { choice.value = value; void this.#save(choice); } };
      toast(say("failed", { why: error.message }), { tone: "danger", stay: 15_000, ...(error.status === 409 ? {} : { action: again }) });
    } finally {
      this.#running.delete(choice);
      cell.classList.remove("saving");
    }
    // Chosen anew while the first choice was on its way.
    if (choice.value !== value && !cell.classList.contains("failed")) await this.#save(choice);
  }

  #show(cell: HTMLElement, choice: HTMLSelectElement, noted: Noted): void {
    this.#base.set(choice, noted.code);
    if (choice.value !== noted.code && ![...choice.options].some((each) => each.value === noted.code)) this.#fill(choice, noted.code, "");
    cell.classList.toggle("d", noted.absent);
    cell.title = noted.title;
  }

  /** Arrows across, as in the journal; up and down choose, as in any list of choices. */
  #key(event: KeyboardEvent): void {
    const cell = (event.target as HTMLElement).closest("td");
    if (!cell || !["ArrowLeft", "ArrowRight", "Enter"].includes(event.key)) return;
    const row = cell.closest("tr");
    const next = event.key === "Enter"
      ? (row?.nextElementSibling as HTMLTableRowElement | null)?.cells[cell.cellIndex]
      : row?.cells[cell.cellIndex + (event.key === "ArrowLeft" ? -1 : 1)];
    const choice = next?.querySelector("select");
    if (!choice) return;
    event.preventDefault();
    choice.focus();
  }

  #heard(message: LiveMessage): void {
    if (message["missed"] || message["day"] === this.dataset["day"]) this.#refresh.later();
  }

  async #fetch(): Promise<void> {
    const day = await api<Day>(this.dataset["url"] ?? "");
    for (const pupil of day.pupils) {
      const row = document.getElementById(`p${pupil.id.replaceAll("-", "")}`);
      if (!row) continue;
      for (const answer of pupil.cells) {
        const cell = answer && row.querySelector<HTMLElement>(`td[data-lesson="${answer.lesson}"]`);
        if (cell) this.#turn(cell, answer);
      }
      const sum = row.querySelector(".at-sum");
      const late = pupil.late_minutes ? say("late", { count: pupil.late_minutes }) : "";
      if (sum) sum.textContent = [pupil.missed || "", late].filter(Boolean).join(" ");
    }
  }

  #turn(cell: HTMLElement, answer: DayCell): void {
    const choice = cell.querySelector("select");
    if (!choice) cell.textContent = answer.code;
    else if (this.#running.has(choice) || document.activeElement === choice && choice.value !== this.#base.get(choice)) return;
    else if (this.#base.get(choice) !== answer.code) {
      this.#fill(choice, answer.code, answer.expected);
      cell.classList.add("fresh");
      setTimeout(() => cell.classList.remove("fresh"), 2000);
    }
    cell.classList.toggle("d", answer.absent);
    cell.title = answer.title;
  }
}

class AttendanceSheet extends HTMLElement {
  #end: (() => void) | undefined;
  #refresh = new Refresh(() => this.#fetch(), SOON);

  connectedCallback(): void {
    this.#end = subscribe(this.dataset["topic"] ?? "", (message) => {
      if (message["missed"] || message["day"] === this.dataset["day"]) this.#refresh.later();
    }, { catchUp: true });
    this.dataset["ready"] = "";
  }

  disconnectedCallback(): void {
    this.#end?.();
    this.#refresh.end();
  }

  async #fetch(): Promise<void> {
    const page = await pageAt(location.href, { "hx-request": "true" });
    const fresh = page.querySelector("attendance-sheet");
    if (fresh) this.replaceChildren(...fresh.childNodes);
  }
}

customElements.define("attendance-day", AttendanceDay);
customElements.define("attendance-sheet", AttendanceSheet);
