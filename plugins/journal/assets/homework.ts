/**
 * `<homework-chooser>` lets one look for things without leaving a form and tick them: a teacher items of the content
 * library, a pupil own documents. What is found comes while it is typed, what is ticked joins the list; items of a
 * lesson are put in order, and minutes are proposed. `data-choices` is the name of the ticks: `data-kept` gets those of
 * a draft, which may not be on the page.
 */

import { announce } from "@portal/announce";

const SOON = 300;

class HomeworkChooser extends HTMLElement {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: AbortController | undefined;
  /** The minutes that were proposed last: typed ones are the teacher's. */
  #proposed = "";

  static readonly observedAttributes = ["data-kept"];

  attributeChangedCallback(): void {
    const ids = JSON.parse(this.dataset["kept"] ?? "[]") as string[];
    const away = ids.filter((id) => !this.#tickOf(id));
    for (const id of ids) {
      const item = this.#tickOf(id)?.closest("li") ?? this.#placeFor(id);
      this.#chosen?.append(item);
      const tick = item.querySelector("input");
      if (tick) tick.checked = true;
    }
    if (away.length) void this.#bring(away);
  }

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

  #tickOf(id: string): HTMLInputElement | undefined {
    return [...this.querySelectorAll<HTMLInputElement>("li input")].find((each) => each.value === id);
  }

  /** Stands for something ticked until the portal tells what it is: the tick is sent and kept meanwhile. */
  #placeFor(id: string): HTMLLIElement {
    const item = document.createElement("li");
    const label = document.createElement("label");
    label.className = "choice";
    const tick = document.createElement("input");
    Object.assign(tick, { type: "checkbox", name: this.dataset["choices"] ?? "", value: id });
    const title = document.createElement("span");
    title.textContent = this.dataset["before"] ?? "";
    label.append(tick, title);
    item.append(label);
    return item;
  }

  async #bring(ids: readonly string[]): Promise<void> {
    const asked = new URLSearchParams(ids.map((id) => ["chosen", id]));
    try {
      const answer = await fetch(`${this.dataset["url"]}?${asked}`, { headers: { "hx-request": "true" }, credentials: "same-origin" });
      if (!answer.ok || answer.redirected) return;
      const told = new DOMParser().parseFromString(await answer.text(), "text/html");
      const items = new Map([...told.querySelectorAll("li")].map((item) => [item.querySelector("input")?.value, item]));
      for (const id of ids) {
        const place = this.#tickOf(id);
        const item = items.get(id);
        const tick = item?.querySelector("input");
        if (tick && place) {
          tick.defaultChecked = false;
          tick.checked = place.checked;
        }
        // What is not told of is there no more.
        if (item) place?.closest("li")?.replaceWith(item);
        else place?.closest("li")?.remove();
      }
    } catch {
      // There is no connection: the ticks stay as they are.
    }
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
    const field = this.closest("form")?.querySelector<HTMLInputElement>("[name=homework_minutes], [name=minutes]");
    if (!field || (field.value.trim() && field.value !== this.#proposed)) return;
    const minutes = [...this.querySelectorAll<HTMLInputElement>(".hw-chosen input:checked")]
      .reduce((sum, each) => sum + Number(each.closest("li")?.dataset["minutes"] ?? 0), 0);
    this.#proposed = field.value = minutes ? String(minutes) : "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

customElements.define("homework-chooser", HomeworkChooser);
