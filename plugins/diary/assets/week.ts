/** The week on a phone: one day at a time, by the strip, by the arrow keys of the strip, or by a swipe. */

import { registerKey } from "@portal/keys";

const SWIPE = 56;

class DiaryWeek extends HTMLElement {
  #start: { x: number; y: number } | undefined;

  connectedCallback(): void {
    const asked = new URL(location.href).searchParams.get("day");
    if (asked && this.#days().includes(asked)) this.show(asked, false);
    this.addEventListener("click", this.#onClick);
    this.addEventListener("touchstart", this.#onTouchStart, { passive: true });
    this.addEventListener("touchend", this.#onTouchEnd, { passive: true });
    this.addEventListener("keydown", this.#onKey);
  }

  /** Shows one day; `remember` writes it into the address, so that it can be sent and comes back. */
  show(day: string, remember = true): void {
    for (const part of this.querySelectorAll<HTMLElement>(".day")) {
      part.classList.toggle("chosen", part.dataset["day"] === day);
    }
    for (const link of this.querySelectorAll<HTMLElement>(".day-strip a")) {
      if (link.dataset["day"] === day) link.setAttribute("aria-current", "date");
      else link.removeAttribute("aria-current");
    }
    const chooser = document.querySelector<HTMLInputElement>("#pick-day");
    if (chooser) chooser.value = day;
    if (!remember) return;
    const link = this.querySelector<HTMLAnchorElement>(`.day-strip a[data-day="${day}"]`);
    if (link) history.replaceState(history.state, "", link.href);
  }

  #days(): string[] {
    return [...this.querySelectorAll<HTMLElement>(".day")].map((part) => part.dataset["day"] ?? "");
  }

  /** The next or the previous day; beyond the week's end, the neighbouring week. */
  #turn(step: 1 | -1): void {
    const days = this.#days();
    const at = days.indexOf(this.querySelector<HTMLElement>(".day.chosen")?.dataset["day"] ?? "");
    const next = days[at + step];
    if (next) {
      this.show(next);
      return;
    }
    const link = document.querySelector<HTMLAnchorElement>(`.week-nav a[rel=${step > 0 ? "next" : "prev"}]`);
    if (!link) return;
    const url = new URL(link.href);
    const monday = url.searchParams.get("week");
    // Backwards one comes to the last day of the week before.
    if (step < 0 && monday) url.searchParams.set("day", later(monday, days.length - 1));
    location.assign(url);
  }

  #onClick = (event: Event): void => {
    const mouse = event as MouseEvent;
    if (mouse.ctrlKey || mouse.metaKey || mouse.shiftKey) return;
    const link = (event.target as Element).closest<HTMLElement>(".day-strip a");
    if (!link?.dataset["day"]) return;
    event.preventDefault();
    this.show(link.dataset["day"]);
  };

  #onKey = (event: KeyboardEvent): void => {
    if (!(event.target as Element).closest(".day-strip") || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    event.preventDefault();
    this.#turn(event.key === "ArrowRight" ? 1 : -1);
    this.querySelector<HTMLElement>(".day-strip [aria-current]")?.focus();
  };

  #onTouchStart = (event: TouchEvent): void => {
    const touch = event.touches[0];
    this.#start = touch && event.touches.length === 1 && isPhone(this) ? { x: touch.clientX, y: touch.clientY } : undefined;
  };

  #onTouchEnd = (event: TouchEvent): void => {
    const touch = event.changedTouches[0];
    if (!this.#start || !touch) return;
    const across = touch.clientX - this.#start.x;
    const down = touch.clientY - this.#start.y;
    this.#start = undefined;
    if (Math.abs(across) > SWIPE && Math.abs(across) > 2 * Math.abs(down)) this.#turn(across < 0 ? 1 : -1);
  };
}

/** The phone's layout is on where the strip can be seen. */
function isPhone(week: HTMLElement): boolean {
  const strip = week.querySelector<HTMLElement>(".day-strip");
  return strip !== null && strip.offsetParent !== null;
}

function later(day: string, days: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

if (!customElements.get("diary-week")) customElements.define("diary-week", DiaryWeek);

// A picker of a phone gives a whole date at once; typed dates wait for the button.
const chooser = document.querySelector<HTMLInputElement>("#pick-day");
if (chooser && matchMedia("(pointer: coarse)").matches) {
  chooser.addEventListener("change", () => { if (chooser.value) chooser.form?.requestSubmit(); });
}

for (const [key, rel] of [["ArrowLeft", "prev"], ["ArrowRight", "next"]] as const) {
  const link = document.querySelector<HTMLAnchorElement>(`.week-nav a[rel=${rel}]`);
  if (link) registerKey({ keys: `Alt+Shift+${key}`, title: link.getAttribute("aria-label") ?? "", run: () => link.click() });
}
