/** Forms: sent once however often the button is pressed, errors reachable, drafts forgotten at sign-out. */

import { forgetDrafts } from "../lib/drafts";

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method === "get") return;
  if (form.dataset["pending"] !== undefined) {
    event.preventDefault();
    return;
  }
  if (form.matches("[action$='/auth/logout']")) forgetDrafts();
  // After the browser has collected the fields: a disabled button would not send its own value.
  setTimeout(() => {
    if (event.defaultPrevented || form.target === "_blank") return;
    pending(form, event.submitter);
  });
}, true);

document.addEventListener("htmx:beforeRequest", (event) => {
  const element = (event as CustomEvent<{ elt: Element }>).detail.elt;
  if (element instanceof HTMLFormElement) pending(element, element.querySelector("button[type=submit], button:not([type])"));
});
document.addEventListener("htmx:afterRequest", (event) => {
  const element = (event as CustomEvent<{ elt: Element }>).detail.elt;
  if (element instanceof HTMLFormElement) ready(element);
});
// Back from the page that followed, or the session had to be renewed: the form can be sent again.
addEventListener("pageshow", () => document.querySelectorAll<HTMLFormElement>("form[data-pending]").forEach(ready));

function pending(form: HTMLFormElement, submitter: Element | null): void {
  form.dataset["pending"] = "";
  for (const button of form.querySelectorAll<HTMLButtonElement>("button:not([type=button])")) button.setAttribute("aria-disabled", "true");
  if (submitter?.matches(".button")) submitter.setAttribute("aria-busy", "true");
  // A download or a lost answer leaves the page where it is.
  setTimeout(() => ready(form), 15_000);
}

function ready(form: HTMLFormElement): void {
  delete form.dataset["pending"];
  for (const button of form.querySelectorAll("button")) {
    button.removeAttribute("aria-disabled");
    button.removeAttribute("aria-busy");
  }
}

document.querySelector<HTMLElement>(".summary[tabindex]")?.focus();
