/** The frame: rail, menus, choice forms that apply at once, the bell. */

import { announce } from "../lib/announce";
import { api } from "../lib/api";
import { openDialog } from "../lib/dialog";
import { keysOfPage, registerKey } from "../lib/keys";
import { subscribe } from "../lib/live";
import { word } from "../lib/words";

const root = document.documentElement;

const railButton = document.querySelector<HTMLButtonElement>("[data-rail-toggle]");
function showRail(): void {
  railButton?.setAttribute("aria-expanded", String(root.dataset["rail"] !== "narrow"));
  for (const link of document.querySelectorAll<HTMLElement>(".rail a")) {
    const name = link.querySelector(".label")?.textContent ?? "";
    if (root.dataset["rail"] === "narrow") link.title = name;
    else link.removeAttribute("title");
  }
}
railButton?.addEventListener("click", () => {
  const narrow = root.dataset["rail"] !== "narrow";
  if (narrow) root.dataset["rail"] = "narrow";
  else delete root.dataset["rail"];
  try {
    localStorage.setItem("rail", narrow ? "narrow" : "wide");
  } catch {
    // Not remembered where storage is forbidden.
  }
  showRail();
});
showRail();

// Menus are <details>: one at a time, closed by Escape and by a click elsewhere.
document.addEventListener("toggle", (event) => {
  const opened = event.target;
  if (!(opened instanceof HTMLDetailsElement) || !opened.open || !opened.matches(".menu")) return;
  for (const other of document.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) if (other !== opened) other.open = false;
}, true);
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) {
    if (event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  const menu = document.querySelector<HTMLDetailsElement>("details.menu[open]");
  if (!menu) return;
  if (event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary")?.focus();
    event.preventDefault();
  } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && menu.contains(document.activeElement)
    && !(document.activeElement instanceof HTMLInputElement)) {
    const items = [...menu.querySelectorAll<HTMLElement>(".menu-list a, .menu-list button")];
    const at = items.indexOf(document.activeElement as HTMLElement);
    items[(at + (event.key === "ArrowDown" ? 1 : items.length - 1) + items.length) % items.length]?.focus();
    event.preventDefault();
  }
});

const remembered = new WeakSet<HTMLDetailsElement>();

/** What a person opened stays open on the next page. */
export function remember(root: ParentNode): void {
  for (const part of root.querySelectorAll<HTMLDetailsElement>("details[data-remembered]")) {
    if (remembered.has(part)) continue;
    remembered.add(part);
    const key = `open:${part.dataset["remembered"] ?? ""}`;
    if (sessionStorage.getItem(key)) part.open = true;
    part.addEventListener("toggle", () => {
      if (part.open) sessionStorage.setItem(key, "1");
      else sessionStorage.removeItem(key);
    });
  }
}

// Forms of choices are sent as soon as something is chosen; without scripts they have a button.
document.addEventListener("change", (event) => {
  if (event.target instanceof Element) event.target.closest<HTMLFormElement>("form[data-applies-at-once]")?.requestSubmit();
});

document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-print]")) print();
});
if (document.querySelector("[data-print-at-once]")) addEventListener("load", () => print());

registerKey({
  keys: "?",
  title: word("keysTitle"),
  run: () => {
    const dialog = document.getElementById("keys");
    const list = dialog?.querySelector("dl");
    if (!(dialog instanceof HTMLDialogElement) || !list) return;
    list.replaceChildren(...keysOfPage().flatMap((key) => {
      const term = document.createElement("dt");
      for (const part of key.keys.split("+")) {
        const cap = document.createElement("kbd");
        cap.textContent = part;
        term.append(cap);
      }
      const meaning = document.createElement("dd");
      meaning.textContent = key.title;
      return [term, meaning];
    }));
    openDialog(dialog);
  },
});
registerKey({ keys: "Esc", title: word("keysEscape") });

// The bell counts anew when something arrives: the message itself says only that it did.
const bell = document.querySelector<HTMLElement>(".bell");
if (bell?.dataset["topic"]) {
  subscribe(bell.dataset["topic"], () => {
    api<{ unread: number }>("/notifications/unread").then(({ unread }) => {
      const count = bell.querySelector<HTMLElement>(".count");
      if (!count) return;
      const more = unread > Number(count.dataset["count"] ?? 0);
      count.dataset["count"] = String(unread);
      count.textContent = unread > 99 ? "99+" : String(unread);
      count.hidden = unread === 0;
      bell.setAttribute("aria-label", word("bell", { count: unread }));
      if (more) announce(word("bell", { count: unread }));
    }, () => undefined);
  });
}
