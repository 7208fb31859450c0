/** What a page shows, fetched anew: many changes are one fetch, and a fetch that fails is repeated until it does not. */

import { Fault } from "./api";

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30_000;

export class Refresh {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wait = FIRST_WAIT;
  #failed = false;
  readonly #again = (): void => { if (this.#failed) void this.now(); };

  /** `fetch` throws a Fault if it could not; it is called `soon` milliseconds after the last change. */
  constructor(private readonly fetch: () => Promise<void>, private readonly soon: number) {
    addEventListener("online", this.#again);
    document.addEventListener("portal:session-renewed", this.#again);
  }

  /** Fetches once no more changes come for a moment. */
  later(): void {
    this.#plan(this.soon);
  }

  async now(): Promise<void> {
    clearTimeout(this.#timer);
    this.#failed = false;
    try {
      await this.fetch();
      this.#wait = FIRST_WAIT;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      if (!error.isPassing) return;
      this.#failed = true;
      // Without a session no attempt can succeed before it is renewed.
      if (error.status === 401) return;
      this.#plan(this.#wait * (0.75 + Math.random() / 2));
      this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
    }
  }

  end(): void {
    clearTimeout(this.#timer);
    removeEventListener("online", this.#again);
    document.removeEventListener("portal:session-renewed", this.#again);
  }

  #plan(wait: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.now(), wait);
  }
}
