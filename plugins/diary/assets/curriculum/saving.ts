/** Saves of cells, one after another in the background; what waits for a connection is sent when there is one. */

import { api, Fault, idempotencyKey } from "@portal/api";
import { toast } from "@portal/toast";
import type { Finding } from "./findings";
import { say } from "./words";

export interface Answer {
  revision: number;
  cells: { row: string; column: string; text: string; shown: string }[];
  sums: Record<string, string>[];
  findings: Finding[];
}

export interface Change {
  cell: HTMLTableCellElement;
  row: string;
  column: string;
  text: string;
  /** Writes over whatever somebody else has put there. */
  force: boolean;
}

const RETRY = 4000;

export class Saving {
  private readonly waiting: (Change & { key: string })[] = [];
  private running = false;
  private readonly state = document.querySelector<HTMLElement>("[data-state]");

  constructor(
    private readonly url: string,
    private revision: number,
    private readonly saved: (answer: Answer) => void,
  ) {
    addEventListener("beforeunload", (event) => { if (this.waiting.length) event.preventDefault(); });
    addEventListener("online", () => void this.run());
    document.addEventListener("portal:session-renewed", () => void this.run());
  }

  /** Whether a cell has something not saved yet. */
  holds(cell: HTMLTableCellElement): boolean {
    return this.waiting.some((each) => each.cell === cell) || cell.dataset["state"] === "failed";
  }

  /** Sends a change, or what it makes of one of the same cell that is not under way. */
  add(change: Change): void {
    change.cell.dataset["state"] = "saving";
    const later = this.waiting.find((each, place) => each.cell === change.cell && !(place === 0 && this.running));
    if (later) Object.assign(later, { text: change.text, force: change.force, key: idempotencyKey() });
    else this.waiting.push({ ...change, key: idempotencyKey() });
    void this.run();
  }

  private tell(key: string): void {
    if (this.state) this.state.textContent = say(key);
  }

  private async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      for (let next = this.waiting[0]; next; next = this.waiting[0]) {
        this.tell("saving");
        if (!(await this.send(next))) return;
      }
      if (!document.querySelector("td[data-state=failed]")) this.tell("saved");
    } finally {
      this.running = false;
    }
  }

  private async send(change: Change & { key: string }): Promise<boolean> {
    const { cell, row, column, text, force, key } = change;
    const was = force ? null : cell.dataset["saved"] ?? "";
    try {
      const answer = await api<Answer>(`${this.url}/cells`, { method: "PUT", body: { row, column, text, was, seen: this.revision }, idempotencyKey: key });
      this.waiting.shift();
      this.revision = answer.revision;
      delete cell.dataset["state"];
      this.saved(answer);
      return true;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      if (error.isPassing) {
        this.tell("waiting");
        if (error.status !== 401) setTimeout(() => void this.run(), RETRY);
        return false;
      }
      this.waiting.shift();
      await this.refused(change, error);
      return true;
    }
  }

  /** A cell that somebody else has changed, or that cannot be read: what holds is shown, one's own may be written over. */
  private async refused(change: Change, fault: Fault): Promise<void> {
    this.tell("failed");
    const mine = (): void => this.add({ ...change, force: true });
    toast(fault.message, { tone: "danger", stay: 12_000, ...(fault.status === 409 ? { action: { title: say("mine"), run: mine } } : {}) });
    change.cell.dataset["state"] = "failed";
    // What was typed stays in the cell until it is mended; of a conflict the words say what stands there now.
    const now = await api<Answer & { curriculum: { revision: number } }>(this.url);
    this.revision = now.curriculum.revision;
    change.cell.dataset["saved"] = "";
    this.saved(now);
  }
}
