/**
 * A line of a work list opens the card it names in a drawer beside the list: by a click, or by Enter on the line.
 * The address becomes the card's, so that it can be sent and opened alone; Back, Esc and the cross lead back to the
 * line. On a phone the card opens as a page, and so does one that brings scripts of its own.
 */

import htmx from "htmx.org";
import { openDialog } from "../lib/dialog";
import { registerKey } from "../lib/keys";
import { word } from "../lib/words";

/** What an entry of the history tells: the list it belongs to, and the card that is open beside it. */
interface Beside {
  list: string;
  card?: string;
}
const LINE = "tr[data-card]";
const NO_OPENER = "a, button, input, select, textarea, label, summary, .choose";
const REFERENCES = ["for", "list", "form", "aria-labelledby", "aria-describedby", "aria-controls", "aria-owns", "data-opens"];
const ADDRESSES = ["href", "hx-target", "hx-include", "hx-select"];
const PHONE_REM = 48;
const here = location.pathname + location.search;
const lines = [...document.querySelectorAll<HTMLElement>(LINE)];
const title = document.title;
let drawer: HTMLDialogElement | undefined;
let loading: AbortController | undefined;

if (lines.length) {
  for (const [at, line] of lines.entries()) line.tabIndex = at ? -1 : 0;
  registerKey({ keys: "↑+↓", title: word("lineKeys") });
  registerKey({ keys: "Enter", title: word("lineEnter") });
}

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element) || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const line = event.target.closest<HTMLElement>(LINE);
  if (!line || event.target.closest(NO_OPENER) || getSelection()?.toString()) return;
  open(line);
});

document.addEventListener("keydown", (event) => {
  const line = event.target;
  if (!(line instanceof HTMLElement) || !line.matches(LINE) || event.ctrlKey || event.metaKey || event.altKey) return;
  const at = lines.indexOf(line);
  const next = { ArrowDown: lines[at + 1], ArrowUp: lines[at - 1], Home: lines[0], End: lines.at(-1) }[event.key];
  if (event.key === "Enter") open(line);
  else if (next) focusLine(next);
  else return;
  event.preventDefault();
});
document.addEventListener("focusin", (event) => {
  if (event.target instanceof HTMLElement && event.target.matches(LINE)) for (const line of lines) line.tabIndex = line === event.target ? 0 : -1;
});

addEventListener("popstate", (event) => {
  const beside = besideOf(event.state);
  if (!beside) return;
  // This document is the card alone: the browser takes it for the list's, which it opened the card in.
  if (beside.list !== here) location.reload();
  else if (beside.card) show(beside.card);
  else drawer?.close();
});

function besideOf(state: unknown): Beside | undefined {
  return (state as { beside?: Beside } | null)?.beside;
}

function focusLine(line: HTMLElement): void {
  line.focus();
  line.scrollIntoView({ block: "nearest" });
}

function open(line: HTMLElement): void {
  const card = line.dataset["card"] ?? "";
  const narrow = document.body.clientWidth <= PHONE_REM * parseFloat(getComputedStyle(document.documentElement).fontSize);
  if (narrow || typeof HTMLDialogElement !== "function") {
    location.assign(card);
    return;
  }
  // There the focus returns to.
  line.focus({ preventScroll: true });
  history.replaceState({ ...(history.state as object | null), beside: { list: here } satisfies Beside }, "");
  history.pushState({ beside: { list: here, card } satisfies Beside }, "", card);
  show(card);
}

function show(card: string): void {
  drawer ??= makeDrawer();
  const body = drawer.querySelector<HTMLElement>(".body");
  const link = drawer.querySelector<HTMLAnchorElement>("header a");
  if (!body || !link) return;
  link.href = card;
  body.innerHTML = '<div class="skeleton"><span></span><span></span><span></span><span></span><span></span></div>';
  drawer.setAttribute("aria-label", word("cardLoading"));
  drawer.removeAttribute("aria-labelledby");
  openDialog(drawer);
  void load(drawer, body, card);
}

async function load(into: HTMLDialogElement, body: HTMLElement, card: string): Promise<void> {
  loading?.abort();
  loading = new AbortController();
  const { signal } = loading;
  let page: Document;
  try {
    const answer = await fetch(card, { headers: { accept: "text/html" }, credentials: "same-origin", signal });
    if (answer.redirected) {
      location.replace(card);
      return;
    }
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    if (!signal.aborted) tellOffline(into, body, card);
    return;
  }
  if (signal.aborted) return;
  const main = page.getElementById("main");
  if (!main || bringsScripts(page)) {
    location.replace(card);
    return;
  }
  for (const sheet of page.querySelectorAll<HTMLLinkElement>("link[rel=stylesheet]")) {
    const known = [...document.querySelectorAll<HTMLLinkElement>("link[rel=stylesheet]")].some((each) => each.href === sheet.href);
    if (!known) document.head.append(document.importNode(sheet));
  }
  body.replaceChildren();
  giveOwnIds(main);
  body.append(...[...main.childNodes].map((each) => document.importNode(each, true)));
  body.scrollTop = 0;
  const heading = body.querySelector<HTMLElement>("h1");
  if (heading) {
    heading.id ||= "card-title";
    heading.tabIndex = -1;
    into.setAttribute("aria-labelledby", heading.id);
    into.removeAttribute("aria-label");
    if (!body.contains(document.activeElement)) heading.focus();
  }
  document.title = page.title;
  htmx.process(body);
  htmx.trigger(body, "htmx:load", { elt: body });
}

function bringsScripts(page: Document): boolean {
  const known = new Set([...document.scripts].map((each) => each.src));
  return [...page.querySelectorAll<HTMLScriptElement>("script[src]")].some((each) => !known.has(each.src));
}

/** Renames ids that the page has already, and what refers to them. */
function giveOwnIds(root: Element): void {
  const renamed = new Map<string, string>();
  for (const each of root.querySelectorAll("[id]")) {
    if (!document.getElementById(each.id)) continue;
    renamed.set(each.id, `card-${each.id}`);
    each.id = `card-${each.id}`;
  }
  if (!renamed.size) return;
  for (const each of root.querySelectorAll("*")) {
    for (const name of REFERENCES) {
      const told = each.getAttribute(name);
      if (told) each.setAttribute(name, told.split(" ").map((id) => renamed.get(id) ?? id).join(" "));
    }
    for (const name of ADDRESSES) {
      const own = renamed.get(each.getAttribute(name)?.match(/^#(.+)$/)?.[1] ?? "");
      if (own) each.setAttribute(name, `#${own}`);
    }
  }
}

function tellOffline(into: HTMLDialogElement, body: HTMLElement, card: string): void {
  const words = document.createElement("p");
  words.setAttribute("role", "alert");
  words.textContent = word("offline");
  const again = document.createElement("button");
  again.type = "button";
  again.className = "button";
  again.textContent = word("retry");
  again.addEventListener("click", () => show(card));
  const box = document.createElement("div");
  box.className = "stack";
  box.append(words, again);
  body.replaceChildren(box);
  into.setAttribute("aria-label", word("offline"));
}

function makeDrawer(): HTMLDialogElement {
  const made = document.createElement("dialog");
  made.className = "drawer beside print";
  const header = document.createElement("header");
  const link = document.createElement("a");
  link.textContent = word("cardAlone");
  const close = document.createElement("button");
  close.type = "button";
  close.className = "icon-button";
  close.dataset["closes"] = "";
  close.setAttribute("aria-label", word("close"));
  close.textContent = "×";
  header.append(link, close);
  const body = document.createElement("div");
  body.className = "body";
  made.append(header, body);
  made.addEventListener("close", () => {
    loading?.abort();
    document.title = title;
    body.replaceChildren();
    if (besideOf(history.state)?.card) history.back();
  });
  document.body.append(made);
  return made;
}
