/**
 * Saves of cells, in the background: several cells at once, one save of a cell at a time, and nothing lost
 * while the connection is away. What is not saved yet is kept in the browser until it is.
 */

import { api, Fault, idempotencyKey } from "@portal/api";
import { draftsForgotten } from "@portal/drafts";

export interface CellAnswer {
  lesson: string;
  pupil: string;
  text: string;
  average: string;
  version: number;
  flags: string;
}

export type CellState = "saving" | "waiting" | "failed" | "saved";

interface Entry {
  lesson: string;
  pupil: string;
  value: string;
  /** The text the teacher saw before typing. */
  was: string;
  key: string;
}

export interface QueueEvents {
  state(key: string, state: CellState, fault?: Fault, value?: string): void;
  saved(key: string, answer: CellAnswer): void;
  /** How many wait for the connection or, if `signedOut`, for a new sign-in. */
  waiting(count: number, signedOut: boolean): void;
}

const TOGETHER = 3;

export class SaveQueue {
  #entries = new Map<string, Entry>();
  #running = new Set<string>();
  #delay = 1000;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #offline = false;
  #signedOut = false;
  readonly #url: string;
  readonly #store: string;
  readonly #events: QueueEvents;

  constructor(page: string, events: QueueEvents) {
    this.#url = `/api/v1/journal/pages/${page}/cells`;
    // Begins like a draft, so that signing out forgets it.
    this.#store = `draft:${document.body.dataset["account"] ?? ""}:journal:${page}`;
    this.#events = events;
    addEventListener("online", () => this.#again());
    document.addEventListener("portal:session-renewed", () => { this.#signedOut = false; this.#again(); });
    addEventListener("pagehide", () => this.#keep());
  }

  /** How many cells are not saved yet. */
  get size(): number {
    return this.#entries.size;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** Cells that an earlier page could not save; they are sent now. */
  restore(): Entry[] {
    try {
      const kept = JSON.parse(localStorage.getItem(this.#store) ?? "null") as { cells?: Entry[] } | null;
      for (const entry of kept?.cells ?? []) this.#entries.set(`${entry.pupil}:${entry.lesson}`, entry);
    } catch {
      // A store that cannot be read holds nothing to save.
    }
    this.#pump();
    return [...this.#entries.values()];
  }

  /** Saves `value` into a cell. A save of the same cell that has not begun yet is replaced. */
  put(pupil: string, lesson: string, value: string, was: string): void {
    const key = `${pupil}:${lesson}`;
    const present = this.#entries.get(key);
    const before = present && !this.#running.has(key) ? present.was : present ? present.value : was;
    this.#entries.set(key, { lesson, pupil, value, was: before, key: idempotencyKey() });
    this.#events.state(key, this.#offline ? "waiting" : "saving");
    this.#keep();
    this.#pump();
  }

  #pump(): void {
    if (this.#offline) return;
    for (const key of this.#entries.keys()) {
      if (this.#running.size >= TOGETHER) return;
      if (!this.#running.has(key)) void this.#send(key);
    }
  }

  async #send(key: string): Promise<void> {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#running.add(key);
    try {
      const answer = await api<CellAnswer>(this.#url, { method: "PUT", body: entry, idempotencyKey: entry.key, keepalive: true });
      this.#delay = 1000;
      this.#done(key, entry);
      const next = this.#entries.get(key);
      if (next) next.was = answer.text;
      else this.#events.saved(key, answer);
    } catch (error) {
      const fault = error instanceof Fault ? error : new Fault(String(error), 0);
      if (fault.status === 401) this.#signedOut = true;
      if (fault.status === 0 || fault.status === 401 || fault.status === 429 || fault.status >= 500) this.#wait();
      else {
        this.#done(key, entry);
        // What was typed after the refused text stands on its own.
        if (!this.#entries.has(key)) this.#events.state(key, "failed", fault, entry.value);
      }
    } finally {
      this.#running.delete(key);
      this.#keep();
      this.#events.waiting(this.#offline ? this.#entries.size : 0, this.#signedOut);
    }
    this.#pump();
  }

  #done(key: string, entry: Entry): void {
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
  }

  #wait(): void {
    this.#offline = true;
    for (const key of this.#entries.keys()) this.#events.state(key, "waiting");
    clearTimeout(this.#timer);
    // Without a session no attempt can succeed, and the next person's must not be used for these marks.
    if (this.#signedOut) return;
    this.#timer = setTimeout(() => this.#again(), this.#delay * (0.75 + Math.random() / 2));
    this.#delay = Math.min(this.#delay * 2, 30_000);
  }

  #again(): void {
    if (!this.#offline || this.#signedOut) return;
    clearTimeout(this.#timer);
    this.#offline = false;
    for (const key of this.#entries.keys()) this.#events.state(key, "saving");
    this.#pump();
  }

  #keep(): void {
    if (draftsForgotten()) return;
    try {
      if (this.#entries.size) localStorage.setItem(this.#store, JSON.stringify({ at: Date.now(), values: {}, cells: [...this.#entries.values()] }));
      else localStorage.removeItem(this.#store);
    } catch {
      // The store is full or forbidden: the page still saves while it is open.
    }
  }
}
