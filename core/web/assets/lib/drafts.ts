/**
 * Keeps what was typed. `<form data-draft="request">` saves its fields in the browser under the account and
 * the page, puts them back after the session ran out or the page was left, and forgets them once they were
 * accepted or the person signs out.
 */

import { word } from "./words";

interface Draft {
  at: number;
  values: Record<string, string[]>;
  /** It was sent; the next page tells whether it was accepted. */
  sent?: boolean;
}
const PREFIX = "draft:";
const KEEP = 14 * 24 * 3600 * 1000;

/** Forgets all drafts of this browser. */
export function forgetDrafts(): void {
  for (const key of keys()) localStorage.removeItem(key);
}

/** Finds the forms that keep drafts under `root` and puts back what was typed. */
export function keepDrafts(root: ParentNode): void {
  for (const form of root.querySelectorAll<HTMLFormElement>("form[data-draft]")) {
    if (form.dataset["draftKept"] !== undefined) continue;
    form.dataset["draftKept"] = "";
    const key = keyOf(form);
    const draft = read(key);
    if (draft && restore(form, draft)) say(form, key, draft);
    let timer: ReturnType<typeof setTimeout> | undefined;
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => save(form, key), 300);
    });
    form.addEventListener("submit", () => { clearTimeout(timer); save(form, key, true); });
    form.addEventListener("htmx:afterRequest", (event) => {
      const detail = (event as CustomEvent<{ successful?: boolean; elt: Element }>).detail;
      if (detail.elt === form && detail.successful) localStorage.removeItem(key);
    });
  }
}

/** Decides about drafts that the page before has sent: accepted unless we are back at an error. */
export function settleDrafts(): void {
  const refused = document.body.dataset["page"] === "error" || !document.body.dataset["account"]
    || document.querySelector("form[data-draft] .summary") !== null;
  for (const key of keys()) {
    const draft = read(key);
    if (!draft || Date.now() - draft.at > KEEP || (draft.sent && !refused)) localStorage.removeItem(key);
    else if (draft.sent && document.body.dataset["account"]) localStorage.setItem(key, JSON.stringify({ ...draft, sent: false }));
  }
}

function keyOf(form: HTMLFormElement): string {
  return `${PREFIX}${document.body.dataset["account"] ?? ""}:${form.dataset["draft"] ?? ""}:${location.pathname}`;
}

function keys(): string[] {
  return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
}

function read(key: string): Draft | undefined {
  try {
    return (JSON.parse(localStorage.getItem(key) ?? "null") as Draft | null) ?? undefined;
  } catch {
    return undefined;
  }
}

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

function fields(form: HTMLFormElement): Field[] {
  return [...form.elements].filter((element): element is Field =>
    (element instanceof HTMLInputElement && !["hidden", "password", "file", "submit", "button"].includes(element.type)
      || element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement) && element.name !== "");
}

function save(form: HTMLFormElement, key: string, sent = false): void {
  const values: Record<string, string[]> = {};
  for (const field of fields(form)) {
    const list = (values[field.name] ??= []);
    if (field instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type)) {
      if (field.checked) list.push(field.value);
    } else if (field instanceof HTMLSelectElement && field.multiple) {
      list.push(...[...field.selectedOptions].map((option) => option.value));
    } else list.push(field.value);
  }
  try {
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), values, sent } satisfies Draft));
  } catch {
    // The store is full or forbidden: the form works without a draft.
  }
}

function restore(form: HTMLFormElement, draft: Draft): boolean {
  let changed = false;
  const taken: Record<string, number> = {};
  for (const field of fields(form)) {
    const list = draft.values[field.name];
    if (!list) continue;
    if (field instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type)) {
      const on = list.includes(field.value);
      changed ||= on !== field.checked;
      field.checked = on;
    } else if (field instanceof HTMLSelectElement && field.multiple) {
      for (const option of field.options) { changed ||= option.selected !== list.includes(option.value); option.selected = list.includes(option.value); }
    } else {
      const place = taken[field.name] ?? 0;
      taken[field.name] = place + 1;
      const value = list[place];
      if (value === undefined) continue;
      changed ||= value !== field.value;
      field.value = value;
    }
  }
  return changed;
}

function say(form: HTMLFormElement, key: string, draft: Draft): void {
  const note = document.createElement("p");
  note.className = "note";
  note.setAttribute("role", "status");
  const words = document.createElement("span");
  words.append(word("draftRestored", { time: new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" }).format(draft.at) }), " ");
  const anew = document.createElement("button");
  anew.type = "button";
  anew.className = "as-link";
  anew.textContent = word("draftForget");
  anew.addEventListener("click", () => { localStorage.removeItem(key); form.reset(); note.remove(); });
  words.append(anew);
  note.append(words);
  form.prepend(note);
}
