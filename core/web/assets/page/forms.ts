/** Forms: sent once however often the button is pressed, errors reachable, drafts forgotten at sign-out. */

import { idempotencyKey } from "../lib/api";
import { forgetDraft, forgetDrafts, isPosted, isSaved } from "../lib/drafts";
import { pending, ready } from "../lib/sending";
import { word } from "../lib/words";

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !isPosted(form)) return;
  if (form.dataset["pending"] !== undefined) {
    event.preventDefault();
    return;
  }
  if (form.matches("[action$='/auth/logout']")) forgetDrafts();
  giveKey(form);
  // After the browser has collected the fields: a disabled button would not send its own value.
  setTimeout(() => {
    if (event.defaultPrevented || form.target === "_blank") return;
    pending(form, event.submitter);
    // A download or a lost answer leaves the page where it is.
    setTimeout(() => ready(form), 15_000);
  });
}, true);

document.addEventListener("htmx:beforeRequest", (event) => {
  const element = (event as CustomEvent<{ elt: Element }>).detail.elt;
  if (element instanceof HTMLFormElement) pending(element, element.querySelector("button[type=submit], button:not([type])"));
});
document.addEventListener("htmx:afterRequest", (event) => {
  const { elt: form, successful } = (event as CustomEvent<{ elt: Element; successful?: boolean }>).detail;
  if (!(form instanceof HTMLFormElement)) return;
  ready(form);
  if (!successful || !isPosted(form)) return;
  forgetDraft(form);
  // The form stays on the page: what is sent from it next is another change.
  const field = form.querySelector<HTMLInputElement>("input[name=idempotency_key]");
  if (field) field.value = idempotencyKey();
});

// Back from the page that followed: the form can be sent again, unless that has been done.
addEventListener("pageshow", () => {
  document.querySelectorAll<HTMLFormElement>("form[data-pending]").forEach(ready);
  for (const form of document.querySelectorAll<HTMLFormElement>("form.form")) {
    if (isSaved(form) && !form.querySelector(":scope > .sent-before")) form.prepend(sentBefore());
  }
});

/** A form of a plugin that brings the token but not the key; the portal takes a form without one twice. */
function giveKey(form: HTMLFormElement): void {
  if (!form.querySelector("input[name=csrf_token]") || form.querySelector("input[name=idempotency_key]")) return;
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = "idempotency_key";
  field.value = idempotencyKey();
  form.append(field);
}

function sentBefore(): HTMLElement {
  const note = document.createElement("p");
  note.className = "note sent-before";
  note.setAttribute("role", "status");
  const words = document.createElement("span");
  const anew = document.createElement("button");
  anew.type = "button";
  anew.className = "as-link";
  anew.textContent = word("openAnew");
  anew.addEventListener("click", () => location.reload());
  words.append(word("sentBefore"), " ", anew);
  note.append(words);
  return note;
}

// The answer to a form is no page to come back to: it is opened anew at the form's own address, with the draft.
if (document.body.dataset["answerToForm"] !== undefined && document.body.dataset["page"] !== "error" && document.referrer.startsWith(`${location.origin}/`)) {
  history.replaceState(history.state, "", document.referrer);
}

document.querySelector<HTMLElement>(".summary[tabindex]")?.focus();
