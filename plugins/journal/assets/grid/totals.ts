/** The column of term marks: bold where one is set, in a dashed frame what the portal proposes by now. */

import { api } from "@portal/api";
import { Refresh } from "@portal/refresh";
import { plainId } from "./sheet";
import { say } from "./words";

interface TermMark { pupil: string; value: string; proposed: string; why: string; differs: boolean }

const AFTER_CHANGES = 700;

export class Totals {
  #asked = 0;
  readonly #refresh = new Refresh(() => this.#load(), AFTER_CHANGES);

  /** `term` is its number in the year; the column stands in each row of `root` as `td.tot`. */
  constructor(private readonly root: HTMLElement, private readonly page: string, private readonly term: string) {}

  /** Fetches the column once no more changes come for a moment. */
  later(): void {
    this.#refresh.later();
  }

  load(): Promise<void> {
    return this.#refresh.now();
  }

  end(): void {
    this.#refresh.end();
  }

  async #load(): Promise<void> {
    const asked = ++this.#asked;
    const marks = await api<TermMark[]>(`/api/v1/journal/pages/${this.page}/terms/${this.term}/marks`);
    if (asked !== this.#asked) return;
    const byPupil = new Map(marks.map((mark) => [plainId(mark.pupil), mark]));
    for (const row of this.root.querySelectorAll<HTMLTableRowElement>("tbody tr[data-p]")) {
      const cell = row.querySelector<HTMLTableCellElement>("td.tot");
      if (cell) this.#show(cell, byPupil.get(row.dataset["p"] ?? ""));
    }
  }

  #show(cell: HTMLTableCellElement, mark: TermMark | undefined): void {
    const proposal = !mark?.value && mark?.proposed ? mark.proposed : "";
    cell.classList.toggle("differs", mark?.differs ?? false);
    if (proposal) {
      const frame = document.createElement("i");
      frame.textContent = proposal;
      cell.replaceChildren(frame);
      cell.title = say("proposed", { why: mark?.why ?? "" });
    } else {
      cell.textContent = mark?.value ?? "";
      cell.title = mark?.differs ? say("proposedNow", { mark: mark.proposed, why: mark.why }) : "";
    }
  }
}
