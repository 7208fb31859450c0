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

interface Refusal { status: number; title: string; detail: string; fields: Record<string, string> }
interface ManyAnswer { results: { lesson: string; pupil: string; saved: CellAnswer | null; refused: Refusal | null }[] }

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
  /** How many cells of a block the portal has refused. */
  refused(count: number): void;
  /** How many wait for the connection or, if `signedOut`, for a new sign-in. */
  waiting(count: number, signedOut: boolean): void;
}

const TOGETHER = 3;
/** More cells than can go one by one go in blocks of this size. */
const BLOCK = 200;

export class SaveQueue {
  #entries = new Map<string, Entry>();
  #running = new Set<string>();
  #delay = 1000;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #offline = false;
  #signedOut = false;
  #planned = false;
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
    if (this.#planned) return;
    this.#planned = true;
    // What one stroke writes into many cells is sent together.
    queueMicrotask(() => { this.#planned = false; this.#keep(); this.#pump(); });
  }

  #pump(): void {
    if (this.#offline || this.#running.size >= TOGETHER) return;
    const idle = [...this.#entries.keys()].filter((key) => !this.#running.has(key));
    if (idle.length > TOGETHER) void this.#sendBlock(idle.slice(0, BLOCK));
    else for (const key of idle.slice(0, TOGETHER - this.#running.size)) void this.#sendOne(key);
  }

  async #sendOne(key: string): Promise<void> {
    const entry = this.#entries.get(key);
    if (!entry) return;
    await this.#run([key], async () => {
      let answer: CellAnswer;
      try {
        answer = await api<CellAnswer>(this.#url, { method: "PUT", body: entry, idempotencyKey: entry.key, keepalive: true });
      } catch (error) {
        const fault = error instanceof Fault ? error : new Fault(String(error), 0);
        if (fault.isPassing) throw fault;
        this.#refused(key, entry, fault);
        return;
      }
      this.#stored(key, entry, answer);
    });
  }

  async #sendBlock(keys: string[]): Promise<void> {
    const entries = keys.map((key) => [key, this.#entries.get(key)] as const).filter((each): each is [string, Entry] => each[1] !== undefined);
    await this.#run(keys, async () => {
      const { results } = await api<ManyAnswer>(this.#url, { method: "POST", body: { cells: entries.map(([, entry]) => entry) } });
      let refused = 0;
      entries.forEach(([key, entry], at) => {
        const result = results[at];
        if (result?.saved) this.#stored(key, entry, result.saved);
        else if (result?.refused) {
          const { status, title, detail, fields } = result.refused;
          this.#refused(key, entry, new BlockFault([title, detail].filter(Boolean).join(" "), status, "", fields));
          refused += 1;
        }
      });
      if (refused) this.#events.refused(refused);
    });
  }

  /** Has some cells sent; without a connection or a session all wait. */
  async #run(keys: string[], send: () => Promise<void>): Promise<void> {
    for (const key of keys) this.#running.add(key);
    try {
      await send();
      this.#delay = 1000;
    } catch (error) {
      const fault = error instanceof Fault ? error : new Fault(String(error), 0);
      if (fault.status === 401) this.#signedOut = true;
      this.#wait();
    } finally {
      for (const key of keys) this.#running.delete(key);
      this.#keep();
      this.#events.waiting(this.#offline ? this.#entries.size : 0, this.#signedOut);
    }
    this.#pump();
  }

  #stored(key: string, entry: Entry, answer: CellAnswer): void {
    this.#done(key, entry);
    const next = this.#entries.get(key);
    if (next) next.was = answer.text;
    else this.#events.saved(key, answer);
  }

  #refused(key: string, entry: Entry, fault: Fault): void {
    this.#done(key, entry);
    // What was typed after the refused text stands on its own.
    if (!this.#entries.has(key)) this.#events.state(key, "failed", fault, entry.value);
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

/** A refusal of one cell among many, told together with the others. */
export class BlockFault extends Fault {}
