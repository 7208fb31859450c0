/** Requests of htmx: one key per change, failures told in words, sign-in that ran out. */

import { csrfToken, faultOf, idempotencyKey } from "../lib/api";
import { idempotencyKeyOf } from "../lib/drafts";
import { sendLater } from "../lib/sending";
import { toast } from "../lib/toast";
import { word } from "../lib/words";

interface Sent {
  elt: Element;
  xhr?: XMLHttpRequest;
  verb?: string;
  headers?: Record<string, string>;
  requestConfig?: { verb: string };
}
/** The key of an element's change until there is an answer to it: a retry sends the same. */
const keys = new WeakMap<Element, string>();
/** Buttons whose change found the session ended. */
const waiting = new Set<HTMLElement>();
const detailOf = (event: Event): Sent => (event as CustomEvent<Sent>).detail;

document.addEventListener("htmx:configRequest", (event) => {
  const { elt, verb, headers } = detailOf(event);
  if (!headers || verb === "get") return;
  const key = (elt instanceof HTMLFormElement && idempotencyKeyOf(elt)) || keys.get(elt) || idempotencyKey();
  keys.set(elt, key);
  headers["idempotency-key"] = key;
});
document.addEventListener("htmx:afterRequest", (event) => {
  const { elt, xhr } = detailOf(event);
  if (xhr?.status && xhr.status !== 401) keys.delete(elt);
});

// A form that comes back with its errors is a page; a problem document is a sentence for the note below.
document.addEventListener("htmx:beforeSwap", (event) => {
  const detail = (event as CustomEvent<Sent & { shouldSwap: boolean; isError: boolean }>).detail;
  if (!detail.xhr?.getResponseHeader("content-type")?.includes("json")) return;
  detail.shouldSwap = false;
  detail.isError = detail.xhr.status >= 400;
});

document.addEventListener("htmx:responseError", (event) => {
  const { elt, xhr, requestConfig } = detailOf(event);
  const fault = faultOf(xhr?.status ?? 0, xhr?.responseText ?? "");
  if (fault.status === 401) {
    if (requestConfig?.verb === "get") return;
    if (elt instanceof HTMLFormElement) sendLater(elt, null);
    else if (elt instanceof HTMLElement) waiting.add(elt);
    return;
  }
  toast(fault.id ? `${fault.message} (${fault.id})` : fault.message, { tone: "danger", stay: 12_000 });
});

document.addEventListener("htmx:sendError", (event) => {
  const { elt } = detailOf(event);
  toast(word("offline"), {
    tone: "danger",
    action: {
      title: word("retry"),
      run: () => {
        if (elt instanceof HTMLFormElement) elt.requestSubmit();
        else if (elt instanceof HTMLElement) elt.click();
      },
    },
  });
});

// A service may answer with a note: HX-Trigger: {"toast": {"text": "…", "undo": "/address"}}.
document.addEventListener("toast", (event) => {
  const said = (event as CustomEvent<{ text?: string; undo?: string; tone?: "plain" | "danger" }>).detail;
  if (!said.text) return;
  const address = said.undo;
  toast(said.text, {
    ...(said.tone ? { tone: said.tone } : {}),
    ...(address ? { undo: () => undo(address) } : {}),
  });
});

async function undo(address: string): Promise<void> {
  const answer = await fetch(address, { method: "POST", headers: { "x-csrf-token": csrfToken(), "idempotency-key": idempotencyKey(), accept: "application/json" } });
  if (answer.ok) location.reload();
  else toast(faultOf(answer.status, await answer.text()).message, { tone: "danger" });
}

document.addEventListener("portal:session-renewed", () => {
  for (const element of waiting) if (element.isConnected) element.click();
  waiting.clear();
});

// Notes that the server wrote into the page.
for (const note of document.querySelectorAll<HTMLElement>("template[data-toast]")) {
  const address = note.dataset["undo"];
  toast(note.dataset["toast"] ?? "", {
    ...(note.dataset["tone"] === "danger" ? { tone: "danger" as const } : {}),
    ...(address ? { undo: () => undo(address) } : {}),
  });
}
