/**
 * Keeps what was typed. Every form that is posted and has something to type in saves its fields in this
 * browser under the account and the form's address, and gets them back after the session ran out or the page
 * was left. A draft is forgotten once the portal has saved its form, and with all others when the person
 * signs out. `data-no-draft` on a form leaves it out; passwords, files and hidden fields are never kept. Of
 * chosen files the names are, to say at the field that they must be chosen again. An element that brings things to
 * tick has `data-choices`, their name, and gets in `data-kept` the values that were ticked: they may be away from the
 * page by then.
 */

import { word } from "./words";

interface Draft {
  at: number;
  /** What differs from the page as it came, by name of the field. */
  values: Record<string, string[]>;
  /** Names of the files that were chosen, by name of the field. */
  files?: Record<string, string[]>;
  /** The idempotency key it was sent with last: the portal says which ones it has saved. */
  key?: string;
}
const PREFIX = "draft:";
const KEEP = 14 * 24 * 3600 * 1000;
const FORGOTTEN = "drafts-forgotten";
const SENT = "form-sent";
const SAVED = "forms-saved";
const SAVED_COOKIE = "moyashkola_saved";
/** Fields in which one types; where a form has none of them, nothing can be lost. */
const TYPED = "textarea, input:not([type]), input:is([type=text], [type=number], [type=date], [type=time], [type=month], [type=week], [type=datetime-local], [type=email], [type=tel], [type=url], [type=file])";

let forgotten = false;

/** Whether the person is signing out: nothing more may be kept in this browser. */
export function draftsForgotten(): boolean {
  return forgotten;
}

/** Forgets all drafts of this browser; its other pages keep none any more either. */
export function forgetDrafts(): void {
  forgotten = true;
  for (const key of keys()) localStorage.removeItem(key);
  store(FORGOTTEN, String(Date.now()));
}

/** Finds the forms that keep drafts under `root` and puts back what was typed. */
export function keepDrafts(root: ParentNode): void {
  for (const form of root.querySelectorAll<HTMLFormElement>("form")) {
    if (form.dataset["draftKept"] !== undefined || !keepsDraft(form)) continue;
    form.dataset["draftKept"] = "";
    const key = keyOf(form);
    const draft = read(key);
    if (draft) {
      const files = askForFiles(form, draft);
      if (restore(form, draft) || files) say(form, key, draft, files);
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => save(form, key), 300);
    });
    form.addEventListener("submit", () => {
      clearTimeout(timer);
      save(form, key, idempotencyKeyOf(form));
    });
  }
}

/** The portal has saved this form: what was typed is not kept any longer. */
export function forgetDraft(form: HTMLFormElement): void {
  if (keepsDraft(form)) localStorage.removeItem(keyOf(form));
}

/** Where a form's draft lies; the same for the form in a drawer and alone on its page. */
export function keyOf(form: HTMLFormElement): string {
  const what = [...form.querySelectorAll<HTMLInputElement>("input[type=hidden][name]")]
    .filter((field) => !["csrf_token", "idempotency_key", "next"].includes(field.name))
    .map((field) => `${field.name}=${field.value}`);
  const name = form.dataset["draft"] ?? [addressOf(form), ...what].join("&");
  return `${PREFIX}${document.body.dataset["account"] ?? ""}:${name}`;
}

/** Where a form is sent to; htmx may have another idea of it than the browser. */
export function addressOf(form: HTMLFormElement): string {
  const url = new URL(form.getAttribute("hx-post") ?? form.getAttribute("action") ?? "", location.href);
  return url.pathname + url.search;
}

/** The key by which the portal saves this form once; empty for a form without. */
export function idempotencyKeyOf(form: HTMLFormElement): string {
  return form.querySelector<HTMLInputElement>("input[name=idempotency_key]")?.value ?? "";
}

/** Whether this form, as it stands on the page, was sent from this tab and saved. */
export function isSaved(form: HTMLFormElement): boolean {
  const key = idempotencyKeyOf(form);
  return key !== "" && remembered(SAVED).split(".").includes(key);
}

/** Forgets the drafts of forms that the portal says it has saved, and those too old to be of use. */
export function settleDrafts(): void {
  const saved = new RegExp(`(?:^|; )${SAVED_COOKIE}=([^;]+)`).exec(document.cookie)?.[1]?.split(".") ?? [];
  if (saved.length) {
    document.cookie = `${SAVED_COOKIE}=; path=/; max-age=0; samesite=lax`;
    remember(SAVED, [...saved, ...remembered(SAVED).split(".")].slice(0, 20).join("."));
  }
  const sent = remembered(SENT);
  for (const key of keys()) {
    const draft = read(key);
    if (!draft || Date.now() - draft.at > KEEP || (draft.key && saved.includes(draft.key))) localStorage.removeItem(key);
    else if (sent && draft.key === sent) tellKept(draft);
  }
}

// Signed out on another page of this browser, or before somebody went back to this one.
addEventListener("storage", (event) => {
  if (event.key === FORGOTTEN && event.newValue) forgotten = true;
});
addEventListener("pageshow", (event) => {
  if (event.persisted && (read<number>(FORGOTTEN) ?? 0) > performance.timeOrigin) {
    forgotten = true;
    location.reload();
  }
});

/** Whether a form changes something, for the browser or for htmx. */
export function isPosted(form: HTMLFormElement): boolean {
  return form.method === "post" || form.matches("[hx-post], [hx-put], [hx-patch]");
}

function keepsDraft(form: HTMLFormElement): boolean {
  return isPosted(form) && form.dataset["noDraft"] === undefined && form.querySelector("input[type=password]") === null
    && form.querySelector(TYPED) !== null;
}

function keys(): string[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  } catch {
    return [];
  }
}

function read<T = Draft>(key: string): T | undefined {
  try {
    return (JSON.parse(localStorage.getItem(key) ?? "null") as T | null) ?? undefined;
  } catch {
    return undefined;
  }
}

function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // The store is full or forbidden: the form works without a draft.
  }
}

function remembered(key: string): string {
  try {
    return sessionStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

function remember(key: string, value: string): void {
  try {
    sessionStorage.setItem(key, value);
  } catch {
    // Then the pages after this one say less; nothing is lost.
  }
}

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

function fields(form: HTMLFormElement): Field[] {
  return [...form.elements].filter((element): element is Field =>
    (element instanceof HTMLInputElement && !["hidden", "password", "file", "submit", "button", "image", "reset"].includes(element.type)
      || element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement) && element.name !== "");
}

function isChoice(field: Field): field is HTMLInputElement {
  return field instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type);
}

function isChanged(field: Field): boolean {
  if (isChoice(field)) return field.checked !== field.defaultChecked;
  if (field instanceof HTMLSelectElement) {
    const preset = [...field.options].some((option) => option.defaultSelected);
    return [...field.options].some((option, at) => option.selected !== (preset || field.multiple ? option.defaultSelected : at === 0));
  }
  return field.value !== field.defaultValue;
}

/** On the page of an error: what comes back into the form, and what does not. */
function tellKept(draft: Draft): void {
  const place = document.querySelector<HTMLElement>("[data-draft-kept]");
  const files = Object.values(draft.files ?? {}).flat();
  if (!place || !(files.length || Object.keys(draft.values).length)) return;
  if (!Object.keys(draft.values).length) place.textContent = "";
  if (files.length) place.append(" ", word("filesAgain", { names: files.join(", ") }));
  place.hidden = false;
}

function fileFields(form: HTMLFormElement): HTMLInputElement[] {
  return [...form.elements].filter((element): element is HTMLInputElement => element instanceof HTMLInputElement && element.type === "file" && element.name !== "");
}

/** Says at its field which file must be chosen again; returns the names. */
function askForFiles(form: HTMLFormElement, draft: Draft): string[] {
  const asked: string[] = [];
  for (const field of fileFields(form)) {
    const names = draft.files?.[field.name];
    if (!names?.length || field.files?.length) continue;
    asked.push(...names);
    const note = document.createElement("span");
    note.className = "error files-again";
    note.id = `${field.id || field.name}-again`;
    note.textContent = word("filesAgain", { names: names.join(", ") });
    field.after(note);
    const described = field.getAttribute("aria-describedby") ?? "";
    field.setAttribute("aria-describedby", `${described} ${note.id}`.trim());
    field.addEventListener("change", () => {
      note.remove();
      if (described) field.setAttribute("aria-describedby", described);
      else field.removeAttribute("aria-describedby");
    }, { once: true });
  }
  return asked;
}

function save(form: HTMLFormElement, key: string, sentWith = ""): void {
  if (forgotten) return;
  const before = read(key);
  const all = fields(form);
  // Fields that nobody touched keep following the server: somebody else may change them meanwhile.
  const changed = new Set([...Object.keys(before?.values ?? {}), ...all.filter(isChanged).map((field) => field.name)]);
  const files: Record<string, string[]> = { ...before?.files };
  for (const field of fileFields(form)) {
    if (field.files?.length) files[field.name] = [...field.files].map((file) => file.name);
  }
  const chosen = Object.keys(files).length > 0;
  if (!changed.size && !chosen) return;
  const values: Record<string, string[]> = {};
  for (const field of all) {
    if (!changed.has(field.name)) continue;
    const list = (values[field.name] ??= []);
    if (isChoice(field)) {
      if (field.checked) list.push(field.value);
    } else if (field instanceof HTMLSelectElement && field.multiple) {
      list.push(...[...field.selectedOptions].map((option) => option.value));
    } else list.push(field.value);
  }
  const sent = sentWith || before?.key;
  store(key, JSON.stringify({ at: Date.now(), values, ...(chosen ? { files } : {}), ...(sent ? { key: sent } : {}) } satisfies Draft));
  if (sentWith) remember(SENT, sentWith);
}

function restore(form: HTMLFormElement, draft: Draft): boolean {
  let changed = false;
  const taken: Record<string, number> = {};
  for (const field of fields(form)) {
    const list = draft.values[field.name];
    if (!list) continue;
    if (isChoice(field)) {
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
  for (const place of choicesOf(form)) {
    const ticked = draft.values[place.dataset["choices"] ?? ""];
    if (ticked) changed = bringBack(form, place, ticked) || changed;
  }
  return changed;
}

function choicesOf(form: HTMLFormElement): HTMLElement[] {
  return [...form.querySelectorAll<HTMLElement>("[data-choices]")];
}

/** Lets `place` bring what was ticked; returns whether any of it is not on the page. */
function bringBack(form: HTMLFormElement, place: HTMLElement, ticked: readonly string[]): boolean {
  const there = ticksOf(form, place.dataset["choices"] ?? "").map((field) => field.value);
  place.dataset["kept"] = JSON.stringify(ticked);
  return ticked.some((value) => !there.includes(value));
}

/** The boxes to tick called `name`. */
export function ticksOf(form: HTMLFormElement, name: string): HTMLInputElement[] {
  return fields(form).filter((field): field is HTMLInputElement => field.name === name && isChoice(field));
}

/** Ticks those of a form's boxes called `name` that have one of these values, and no others. */
export function tick(form: HTMLFormElement, name: string, values: readonly string[]): void {
  for (const field of ticksOf(form, name)) field.checked = values.includes(field.value);
  const place = choicesOf(form).find((each) => each.dataset["choices"] === name);
  if (place) bringBack(form, place, values);
}

function say(form: HTMLFormElement, key: string, draft: Draft, files: string[]): void {
  const note = document.createElement("p");
  note.className = "note";
  note.setAttribute("role", "status");
  const words = document.createElement("span");
  if (Object.keys(draft.values).length) words.append(word("draftRestored", { time: new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" }).format(draft.at) }), " ");
  if (files.length) words.append(word("filesAgain", { names: files.join(", ") }), " ");
  const anew = document.createElement("button");
  anew.type = "button";
  anew.className = "as-link";
  anew.dataset["draftForget"] = "";
  anew.textContent = word("draftForget");
  anew.addEventListener("click", () => { localStorage.removeItem(key); form.reset(); form.querySelectorAll(".files-again").forEach((each) => each.remove()); note.remove(); });
  words.append(anew);
  note.append(words);
  form.prepend(note);
  // A form inside a closed part of the page would keep its news to itself.
  form.closest("details")?.setAttribute("open", "");
}
