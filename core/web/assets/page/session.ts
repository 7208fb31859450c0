/**
 * The sign-in session of this page. Where it has ended, the page asks to sign in again; once that is done –
 * on this page or in another tab – the page takes the new session's form token, and what waits is sent:
 * `portal:session-renewed` tells the islands. Where somebody else has signed in, or the person has signed out
 * in another tab, the page opens anew.
 */

import { csrfToken } from "../lib/api";
import { openDialog } from "../lib/dialog";
import { draftsForgotten } from "../lib/drafts";
import { sendWaiting } from "../lib/sending";

const MARK = "session";
let ended = false;
let asking = false;

document.addEventListener("portal:sign-in-needed", () => {
  const dialog = document.getElementById("sign-in-again");
  ended = true;
  if (!(dialog instanceof HTMLDialogElement)) return;
  const link = dialog.querySelector<HTMLAnchorElement>("a[data-sign-in]");
  if (link) link.href = `${link.dataset["signIn"] ?? "/"}?next=${encodeURIComponent(location.pathname + location.search + location.hash)}`;
  openDialog(dialog);
});

tellOthers();
if (document.body.dataset["account"]) {
  void sendWaiting();
  addEventListener("storage", (event) => { if (event.key === MARK) look(); });
  addEventListener("pageshow", (event) => { if (event.persisted) look(); });
  // Signed in in a window that cannot tell, e.g. because the store is forbidden.
  addEventListener("focus", () => { if (ended) void renew(); });
  document.addEventListener("visibilitychange", () => { if (ended && document.visibilityState === "visible") void renew(); });
}

/** A few letters of the form token: enough to see that it is another one, of no use to anybody. Empty without a session. */
function mark(): string {
  return document.body.dataset["account"] ? csrfToken().slice(0, 8) : "";
}

function tellOthers(): void {
  try {
    if (localStorage.getItem(MARK) !== mark()) localStorage.setItem(MARK, mark());
  } catch {
    // Other tabs learn of it when they get the focus.
  }
}

function look(): void {
  try {
    const known = localStorage.getItem(MARK);
    if (known && known !== mark()) void renew();
    else if (!known && draftsForgotten()) location.reload();
  } catch {
    // As above.
  }
}

async function renew(): Promise<void> {
  if (asking) return;
  asking = true;
  try {
    const answer = await fetch("/account", { credentials: "same-origin", cache: "no-store" });
    const body = new DOMParser().parseFromString(await answer.text(), "text/html").body;
    const account = body.dataset["account"];
    if (!account) return;
    if (account !== document.body.dataset["account"]) { location.reload(); return; }
    document.body.setAttribute("hx-headers", body.getAttribute("hx-headers") ?? "{}");
    for (const field of document.querySelectorAll<HTMLInputElement>("input[name=csrf_token]")) field.value = csrfToken();
    ended = false;
    const dialog = document.getElementById("sign-in-again");
    if (dialog instanceof HTMLDialogElement) dialog.close();
    document.dispatchEvent(new CustomEvent("portal:session-renewed"));
  } catch {
    // No connection: the next focus asks again.
  } finally {
    asking = false;
  }
}
