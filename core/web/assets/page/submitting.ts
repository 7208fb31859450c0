/**
 * Ordinary forms, which lead to another page. Before one leaves a page that has been open for a while, the portal is
 * asked whether the session goes on: if it has ended, the page stays as it is, chosen files too, asks to sign in again, and the form goes by itself
 * once the same person has done so. With the same idempotency key it is saved once.
 */

import { isPosted } from "../lib/drafts";
import { pending, ready } from "../lib/sending";
import { askSession, openAsAnother, type Standing } from "../lib/session";

/** Milliseconds for which a session is taken to go on without asking. */
const SURE = 30_000;
let known = Date.now();

type Form = { form: HTMLFormElement; submitter: HTMLElement | null };
/** What waits for the sign-in. */
let waiting: Form | undefined;

// On the window: after the islands and htmx, which send their forms themselves.
addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !(form instanceof HTMLFormElement) || !isPosted(form)) return;
  const { submitter } = event;
  if (!document.body.dataset["account"] || targetOf(form, submitter) || form.matches("[action$='/auth/logout']")) return;
  if (Date.now() - known < SURE) return;
  event.preventDefault();
  pending(form, submitter);
  void send({ form, submitter });
});

async function send(sent: Form): Promise<void> {
  let standing: Standing;
  try {
    standing = await askSession();
  } catch {
    // The browser itself says that there is no connection.
    standing = "same";
  }
  if (standing === "same") {
    known = Date.now();
    leave(sent);
  }
  else if (standing === "another") openAsAnother(true);
  else {
    ready(sent.form);
    waiting = sent;
  }
}

document.addEventListener("portal:session-renewed", () => {
  const sent = waiting;
  waiting = undefined;
  if (!sent?.form.isConnected) return;
  pending(sent.form, sent.submitter);
  leave(sent);
});

// Put away without signing in: the form waits for its button again.
document.getElementById("sign-in-again")?.addEventListener("close", () => { waiting = undefined; });

/** As the browser would send it, by the button that was pressed. */
function leave({ form, submitter }: Form): void {
  const undo: (() => void)[] = [];
  if (submitter instanceof HTMLButtonElement || submitter instanceof HTMLInputElement) {
    if (submitter.name) {
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = submitter.name;
      field.value = submitter.value;
      form.append(field);
      undo.push(() => field.remove());
    }
    for (const name of ["action", "enctype", "method"]) {
      const own = submitter.getAttribute(`form${name}`);
      if (own === null) continue;
      const before = form.getAttribute(name);
      form.setAttribute(name, own);
      undo.push(() => { if (before === null) form.removeAttribute(name); else form.setAttribute(name, before); });
    }
  }
  // A field of the form may be called «submit».
  HTMLFormElement.prototype.submit.call(form);
  for (const each of undo) each();
  // A download or a lost answer leaves the page where it is.
  setTimeout(() => ready(form), 15_000);
}

function targetOf(form: HTMLFormElement, submitter: HTMLElement | null): string {
  const target = submitter?.getAttribute("formtarget") ?? form.target;
  return target === "_self" ? "" : target;
}
