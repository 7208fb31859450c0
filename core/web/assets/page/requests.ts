/** Requests of htmx: one key per change, failures told in words, sign-in that ran out. */

import { csrfToken, faultOf, idempotencyKey } from "../lib/api";
import { openDialog } from "../lib/dialog";
import { toast } from "../lib/toast";
import { word } from "../lib/words";

interface Sent {
  elt: Element;
  xhr?: XMLHttpRequest;
  verb?: string;
  headers?: Record<string, string>;
}
const detailOf = (event: Event): Sent => (event as CustomEvent<Sent>).detail;

document.addEventListener("htmx:configRequest", (event) => {
  const { verb, headers } = detailOf(event);
  if (!headers || verb === "get") return;
  headers["idempotency-key"] = idempotencyKey();
});

// A form that comes back with its errors is a page; a problem document is a sentence for the note below.
document.addEventListener("htmx:beforeSwap", (event) => {
  const detail = (event as CustomEvent<Sent & { shouldSwap: boolean; isError: boolean }>).detail;
  if (!detail.xhr?.getResponseHeader("content-type")?.includes("json")) return;
  detail.shouldSwap = false;
  detail.isError = detail.xhr.status >= 400;
});

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = detailOf(event);
  const fault = faultOf(xhr?.status ?? 0, xhr?.responseText ?? "");
  if (fault.status === 401) return;
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

document.addEventListener("portal:sign-in-needed", () => {
  const dialog = document.getElementById("sign-in-again");
  if (!(dialog instanceof HTMLDialogElement)) return;
  const link = dialog.querySelector<HTMLAnchorElement>("a[data-sign-in]");
  if (link) link.href = `${link.dataset["signIn"] ?? "/"}?next=${encodeURIComponent(location.pathname + location.search)}`;
  openDialog(dialog);
});

// Notes that the server wrote into the page.
for (const note of document.querySelectorAll<HTMLElement>("template[data-toast]")) {
  const address = note.dataset["undo"];
  toast(note.dataset["toast"] ?? "", {
    ...(note.dataset["tone"] === "danger" ? { tone: "danger" as const } : {}),
    ...(address ? { undo: () => undo(address) } : {}),
  });
}
