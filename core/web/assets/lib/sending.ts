/** Sending a form: once however often the button is pressed, and again by itself after a new sign-in. */

import { csrfToken, faultOf } from "./api";
import { addressOf, forgetDraft, idempotencyKeyOf, keyOf } from "./drafts";
import { toast } from "./toast";
import { word } from "./words";

/** Marks a form as under way: further presses do nothing. */
export function pending(form: HTMLFormElement, submitter: Element | null): void {
  form.dataset["pending"] = "";
  for (const button of form.querySelectorAll<HTMLButtonElement>("button:not([type=button])")) button.setAttribute("aria-disabled", "true");
  if (submitter?.matches(".button")) submitter.setAttribute("aria-busy", "true");
}

/** The form can be sent again. */
export function ready(form: HTMLFormElement): void {
  delete form.dataset["pending"];
  for (const button of form.querySelectorAll("button")) {
    button.removeAttribute("aria-disabled");
    button.removeAttribute("aria-busy");
  }
}

/**
 * Sends a form without leaving the page. Gives nothing where it is under way already, or where the session
 * has ended: then the page asks to sign in, and the form is sent by itself afterwards. Rejects where there is
 * no connection.
 */
export async function sendForm(form: HTMLFormElement, submitter: HTMLElement | null): Promise<Response | undefined> {
  if (form.dataset["pending"] !== undefined) return undefined;
  pending(form, submitter);
  try {
    const answer = await post({ url: addressOf(form), method: "POST", fields: fieldsOf(form, submitter) });
    if (answer.status === 401) {
      sendLater(form, submitter);
      faultOf(answer.status, await answer.text());
      return undefined;
    }
    if (answer.ok) forgetDraft(form);
    return answer;
  } finally {
    ready(form);
  }
}

interface Change {
  url: string;
  method: string;
  fields: [string, string][];
}
interface Waiting extends Change {
  at: number;
  key: string;
  /** Where the draft of the form lies. */
  draft: string;
}
const HELD = 24 * 3600 * 1000;
/** Forms of this page that wait, by their key; those of earlier pages are in the store only. */
const here = new Map<string, { form: HTMLFormElement; submitter: HTMLElement | null }>();

/**
 * Has a form that the portal did not take, because the session had ended, sent again after the next sign-in:
 * in this page if it is still open then, else from whatever page of the portal opens. Not longer than a day:
 * that is how long the portal knows that the form is saved already. A form with files or a password waits in this
 * page only.
 */
export function sendLater(form: HTMLFormElement, submitter: HTMLElement | null): void {
  const key = idempotencyKeyOf(form);
  const fields = fieldsOf(form, submitter);
  if (!key) return;
  if (!here.has(key)) form.addEventListener("input", () => { if (here.has(key)) sendLater(form, submitter); });
  here.set(key, { form, submitter });
  if (form.querySelector("input[type=password]") || [...form.elements].some((field) => field instanceof HTMLInputElement && field.files?.length)) return;
  const method = form.hasAttribute("hx-put") ? "PUT" : form.hasAttribute("hx-patch") ? "PATCH" : "POST";
  write([...waiting().filter((each) => each.key !== key), { at: Date.now(), url: addressOf(form), method, fields, key, draft: keyOf(form) }]);
}

/** Sends what waits. */
export async function sendWaiting(): Promise<void> {
  for (const [key, { form, submitter }] of [...here]) {
    here.delete(key);
    if (!form.isConnected) continue;
    // Sent already by the page of the other tab, it gets the same answer.
    forget(key);
    form.requestSubmit(submitter);
  }
  for (const change of waiting()) if (!(await sendNow(change))) return;
}
document.addEventListener("portal:session-renewed", () => void sendWaiting());

/** Whether the next one may be tried. */
async function sendNow(change: Waiting): Promise<boolean> {
  if (Date.now() - change.at > HELD) { forget(change.key); return true; }
  let answer: Response;
  try {
    answer = await post(change);
  } catch {
    return false;
  }
  if (answer.status === 401 || answer.status >= 500) return false;
  forget(change.key);
  if (answer.ok) {
    localStorage.removeItem(change.draft);
    toast(word("sentLater"));
    document.dispatchEvent(new CustomEvent("portal:sent-later"));
  } else toast(word("refusedLater", { why: faultOf(answer.status, await answer.text()).message }), { tone: "danger", stay: 12_000 });
  return true;
}

function post(change: Change): Promise<Response> {
  return fetch(change.url, {
    method: change.method,
    body: new URLSearchParams(change.fields),
    headers: { "hx-request": "true", "x-csrf-token": csrfToken() },
    credentials: "same-origin",
  });
}

function fieldsOf(form: HTMLFormElement, submitter: HTMLElement | null): [string, string][] {
  const found = [...new FormData(form)].filter(([name]) => name !== "csrf_token").map(([name, value]): [string, string] => [name, String(value)]);
  if (submitter instanceof HTMLButtonElement && submitter.name) found.push([submitter.name, submitter.value]);
  return found;
}

function storeKey(): string {
  // Begins like a draft, so that signing out forgets it.
  return `draft:${document.body.dataset["account"] ?? ""}:waiting`;
}

function waiting(): Waiting[] {
  if (!document.body.dataset["account"]) return [];
  try {
    return (JSON.parse(localStorage.getItem(storeKey()) ?? "null") as { forms?: Waiting[] } | null)?.forms ?? [];
  } catch {
    return [];
  }
}

function forget(key: string): void {
  write(waiting().filter((each) => each.key !== key));
}

function write(forms: Waiting[]): void {
  try {
    if (forms.length) localStorage.setItem(storeKey(), JSON.stringify({ at: Date.now(), values: {}, forms }));
    else localStorage.removeItem(storeKey());
  } catch {
    // The store is full or forbidden: the form is still sent again while its page is open.
  }
}
