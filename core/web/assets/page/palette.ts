/** Search and commands (Ctrl+K): pages of the menu at once, people and documents as the portal finds them. */

import { openDialog } from "../lib/dialog";
import { registerKey } from "../lib/keys";
import { word } from "../lib/words";

const dialog = document.getElementById("palette");
if (dialog instanceof HTMLDialogElement) {
  const input = dialog.querySelector<HTMLInputElement>("input[name=q]")!;
  const list = dialog.querySelector<HTMLElement>("[role=listbox]")!;
  const commands = [...document.querySelectorAll<HTMLAnchorElement>(".rail a, [data-command]")];
  /** Beside the list, not in it: a list box holds options only, and what stands here is read out. */
  const nothing = document.createElement("p");
  nothing.className = "nothing";
  nothing.hidden = true;
  nothing.setAttribute("role", "status");
  list.after(nothing);
  let options: HTMLElement[] = [];
  let chosen = -1;
  let asked: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const open = (): void => {
    input.value = "";
    show("");
    openDialog(dialog);
    input.focus();
  };
  registerKey({ keys: "Ctrl+K", title: word("keysSearch"), run: open, everywhere: true });
  for (const box of document.querySelectorAll("[data-opens-search]")) {
    box.addEventListener("click", (event) => { event.preventDefault(); open(); });
  }

  input.addEventListener("input", () => {
    show(input.value);
    clearTimeout(timer);
    asked?.abort();
    const words = input.value.trim();
    if (words.length >= 2) timer = setTimeout(() => void find(words), 150);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
      event.preventDefault();
    } else if (event.key === "Enter" && options[chosen]) {
      options[chosen]!.click();
      event.preventDefault();
    }
  });

  function show(typed: string): void {
    const wanted = plain(typed.trim());
    const fitting = commands.filter((link) => plain(link.textContent ?? "").includes(wanted)).slice(0, wanted ? 5 : 8);
    list.replaceChildren();
    nothing.hidden = true;
    if (fitting.length) list.append(title(word("paletteGo")));
    for (const link of fitting) list.append(optionOf(link));
    renumber();
  }

  async function find(words: string): Promise<void> {
    asked = new AbortController();
    try {
      const answer = await fetch(`/search/suggest?q=${encodeURIComponent(words)}`, { headers: { "hx-request": "true" }, signal: asked.signal });
      if (answer.status === 401) document.dispatchEvent(new CustomEvent("portal:sign-in-needed"));
      if (!answer.ok || input.value.trim() !== words) return;
      const part = document.createElement("template");
      part.innerHTML = await answer.text();
      const found = [...part.content.querySelectorAll<HTMLAnchorElement>("a")];
      if (found.length) list.append(title(word("paletteFound")), ...found.map(optionOf));
      else if (!options.length) {
        nothing.hidden = false;
        nothing.textContent = word("paletteNothing", { words });
      }
      renumber();
    } catch {
      // A newer question took its place, or there is no connection: the menu's pages are still there.
    }
  }

  function optionOf(link: HTMLAnchorElement): HTMLElement {
    const option = document.createElement("div");
    option.setAttribute("role", "option");
    const copy = link.cloneNode(true) as HTMLElement;
    copy.querySelectorAll(".badge").forEach((badge) => badge.remove());
    option.append(...copy.childNodes);
    option.addEventListener("click", (event) => {
      if (link.dataset["command"] !== undefined) { (dialog as HTMLDialogElement).close(); link.click(); }
      else if (event.ctrlKey || event.metaKey) window.open(link.href, "_blank", "noopener");
      else location.assign(link.href);
    });
    return option;
  }

  function renumber(): void {
    options = [...list.querySelectorAll<HTMLElement>("[role=option]")];
    options.forEach((option, at) => { option.id = `found-${at}`; });
    choose(options.length ? 0 : -1);
  }

  function choose(at: number): void {
    options[chosen]?.setAttribute("aria-selected", "false");
    chosen = options.length ? (at + options.length) % options.length : -1;
    const option = options[chosen];
    for (const other of options) other.setAttribute("aria-selected", String(other === option));
    option?.scrollIntoView({ block: "nearest" });
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
  }

  function title(text: string): HTMLElement {
    const made = document.createElement("div");
    made.className = "menu-title";
    made.setAttribute("role", "presentation");
    made.textContent = text;
    return made;
  }
}

function plain(text: string): string {
  return text.toLocaleLowerCase("ru").replaceAll("ё", "е");
}
