/** The drawer of the journal page: a lesson or a cell, with its history; its forms are sent without leaving the grid. */

import { type Sent, asSent, putBack, typedIn } from "./typed";

import { faultOf } from "@portal/api";
import { openDialog } from "@portal/dialog";
import { keepDrafts } from "@portal/drafts";
import { sendForm } from "@portal/sending";
import { toast } from "@portal/toast";
import { word } from "@portal/words";

/** Shows a piece of a page in the drawer; without a connection says so. */
export function openPart(url: string): void {
  const drawer = document.getElementById("journal-drawer");
  if (!(drawer instanceof HTMLDialogElement)) return;
  fetch(url, { headers: { "hx-request": "true" }, credentials: "same-origin" }).then(async (answer) => {
    if (!(await fill(drawer, answer))) return;
    openDialog(drawer);
    focusIn(drawer);
  }, sayOffline);
}

function sayOffline(): void {
  toast(word("offline"), { tone: "danger" });
}

function focusIn(drawer: HTMLElement): void {
  drawer.querySelector<HTMLElement>(".body :is(.summary, textarea, input:not([type=hidden]))")?.focus();
}

async function fill(drawer: HTMLDialogElement, answer: Response, sent?: Sent): Promise<boolean> {
  const text = await answer.text();
  if (answer.redirected) { location.href = answer.url; return false; }
  if (answer.headers.get("content-type")?.includes("json")) {
    const fault = faultOf(answer.status, text);
    if (fault.status !== 401) toast(fault.message, { tone: "danger", stay: 10_000 });
    return false;
  }
  const body = drawer.querySelector(".body");
  if (!body) return false;
  const typed = sent ? typedIn(body, sent) : [];
  body.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.children);
  const heading = drawer.querySelector("h2");
  const title = body.querySelector<HTMLElement>("[data-title]")?.dataset["title"];
  if (heading && title) heading.textContent = title;
  // Before the drafts, which then find nothing to bring back; after them, for they may be some letters behind.
  putBack(body, typed);
  comeAlive(body);
  keepDrafts(body);
  const inUse = putBack(body, typed);
  if (inUse) inUse.focus();
  else if (drawer.open) focusIn(drawer);
  return true;
}

/** What htmx is to do within a part that it has not put there itself. */
function comeAlive(part: Element): void {
  const htmx = window.moyashkola?.htmx as { process(part: Element): void } | undefined;
  htmx?.process(part);
}

document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  const drawer = form.closest<HTMLDialogElement>("#journal-drawer");
  if (!drawer || form.method !== "post") return;
  event.preventDefault();
  const sent = asSent(form);
  sendForm(form, event.submitter).then((answer) => answer && fill(drawer, answer, sent), sayOffline);
});

document.addEventListener("click", (event) => {
  const link = (event.target as Element).closest<HTMLAnchorElement>("a[data-drawer], .jr-topics th a");
  if (link && document.getElementById("journal-drawer") && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    openPart(link.href);
  }
});
