/**
 * `<homework-library>` lets a teacher look in the content library without leaving the form of a lesson: what is found
 * comes while it is typed, what is ticked joins the list, the list is put in order, and minutes are proposed.
 */

import { announce } from "@portal/announce";

const SOON = 300;

class HomeworkLibrary extends HTMLElement {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: AbortController | undefined;
  /** The minutes that were proposed last: typed ones are the teacher's. */
  #proposed = "";

  connectedCallback(): void {
    // It is no part of what the form saves, and of what a draft keeps.
    this.#search?.removeAttribute("name");
    this.addEventListener("input", (event) => {
      if (event.target === this.#search) this.#lookSoon(SOON);
    });
    this.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target !== this.#search) return;
      event.preventDefault();
      this.#lookSoon(0);
    });
    this.addEventListener("click", (event) => this.#click(event));
    this.addEventListener("change", (event) => this.#tick(event.target));
  }

  disconnectedCallback(): void {
    clearTimeout(this.#timer);
    this.#running?.abort();
  }

  get #search(): HTMLInputElement | null {
    return this.querySelector("input[type=search]");
  }

  get #chosen(): Element | null {
    return this.querySelector(".hw-chosen");
  }

  #lookSoon(wait: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), wait);
  }

  async #look(): Promise<void> {
    this.#running?.abort();
    const running = this.#running = new AbortController();
    const asked = new URLSearchParams({ find: this.#search?.value ?? "" });
    try {
      const answer = await fetch(`${this.dataset["url"]}?${asked}`, { headers: { "hx-request": "true" }, credentials: "same-origin", signal: running.signal });
      if (answer.ok && !answer.redirected) this.#show(await answer.text());
    } catch {
      // A later search took its place, or there is no connection: what was found before stays.
    }
  }

  #show(text: string): void {
    const place = this.querySelector(".hw-found");
    if (!place) return;
    place.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.children);
    const listed = new Set([...this.#chosen?.querySelectorAll("input") ?? []].map((each) => each.value));
    for (const each of place.querySelectorAll("input")) if (listed.has(each.value)) each.closest("li")?.remove();
    announce(place.querySelector("[data-count]")?.textContent ?? "");
  }

  #click(event: Event): void {
    const button = (event.target as Element).closest<HTMLButtonElement>("button[name=step]");
    if (!button) return;
    event.preventDefault();
    if (button.value === "find") return this.#lookSoon(0);
    const item = button.closest("li");
    if (!item) return;
    if (button.value.startsWith("up:")) item.previousElementSibling?.before(item);
    else item.nextElementSibling?.after(item);
    button.focus();
    const list = [...item.parentElement?.children ?? []];
    this.#say("moved", item, { place: String(list.indexOf(item) + 1), total: String(list.length) });
  }

  #tick(target: EventTarget | null): void {
    if (!(target instanceof HTMLInputElement) || target.type !== "checkbox") return;
    const item = target.closest("li");
    if (item && target.checked && target.closest(".hw-found")) {
      this.#chosen?.append(item);
      target.focus();
      this.#say("added", item);
    }
    this.#propose();
  }

  #say(what: string, item: Element, values: Record<string, string> = {}): void {
    const said: Record<string, string> = { ...values, title: item.querySelector(".two span")?.textContent ?? "" };
    announce((this.dataset[what] ?? "").replace(/\{(\w+)\}/g, (whole, name: string) => said[name] ?? whole));
  }

  #propose(): void {
    const field = this.closest("form")?.querySelector<HTMLInputElement>("[name=homework_minutes]");
    if (!field || (field.value.trim() && field.value !== this.#proposed)) return;
    const minutes = [...this.querySelectorAll<HTMLInputElement>(".hw-chosen input:checked")]
      .reduce((sum, each) => sum + Number(each.closest("li")?.dataset["minutes"] ?? 0), 0);
    this.#proposed = field.value = minutes ? String(minutes) : "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

customElements.define("homework-library", HomeworkLibrary);
