/**
 * The sign-in session of this page. Where it has ended, the page asks to sign in again, in a small window; once
 * that is done – there or in another tab – the page takes the new session's form token, and what waits is sent:
 * `portal:session-renewed` tells the islands. Where somebody else has signed in, or the person has signed out
 * in another tab, the page opens anew.
 */

import { csrfToken } from "../lib/api";
import { openDialog } from "../lib/dialog";
import { draftsForgotten } from "../lib/drafts";
import { sendWaiting } from "../lib/sending";
import { askSession, openAsAnother, openedAsAnother } from "../lib/session";
import { toast } from "../lib/toast";
import { word } from "../lib/words";

const MARK = "session";
const SIGNED_IN = "portal:signed-in";
const SMALL = "sign-in-again";
const [WIDTH, HEIGHT] = [560, 760];
let ended = false;
let asking = false;
let small: Window | null = null;

document.addEventListener("portal:sign-in-needed", (event) => {
  const dialog = document.getElementById("sign-in-again");
  ended = true;
  if (!(dialog instanceof HTMLDialogElement)) return;
  const why = dialog.querySelector<HTMLElement>("[data-cause]");
  const said = (event as CustomEvent<{ cause?: string } | null>).detail?.cause;
  if (why) [why.textContent, why.hidden] = [said ?? "", !said];
  const link = dialog.querySelector<HTMLAnchorElement>("a[data-sign-in]");
  if (link) link.href = signInFor(link, location.pathname + location.search + location.hash);
  openDialog(dialog);
});

// Where the browser opens no window, the link leads to the sign-in and back.
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[data-sign-in]") : null;
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const [left, top] = [screenX + Math.max(0, (outerWidth - WIDTH) / 2), screenY + Math.max(0, (outerHeight - HEIGHT) / 2)];
  small = open(signInFor(link, "/signed-in"), SMALL, `popup,width=${WIDTH},height=${HEIGHT},left=${left},top=${top}`);
  if (small) event.preventDefault();
});

tellOthers();
if (document.body.dataset["page"] === "signed-in") {
  (opener as Window | null)?.postMessage(SIGNED_IN, location.origin);
  if (opener || window.name === SMALL) close();
} else if (document.body.dataset["account"]) {
  if (openedAsAnother()) toast(word("anotherSignedIn"), { tone: "danger", stay: 20_000 });
  void sendWaiting();
  addEventListener("message", (event) => { if (event.origin === location.origin && event.data === SIGNED_IN) void renew(); });
  addEventListener("storage", (event) => { if (event.key === MARK) look(); });
  addEventListener("pageshow", (event) => { if (event.persisted) look(); });
  // Signed in in a window that cannot tell, e.g. because the store is forbidden.
  addEventListener("focus", () => { if (ended) void renew(); });
  document.addEventListener("visibilitychange", () => { if (ended && document.visibilityState === "visible") void renew(); });
}

function signInFor(link: HTMLAnchorElement, next: string): string {
  return `${link.dataset["signIn"] ?? "/sign-in"}?next=${encodeURIComponent(next)}`;
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
    const standing = await askSession(true);
    if (standing === "ended") return;
    if (standing === "another") { openAsAnother(ended); return; }
    ended = false;
    small?.close();
    const dialog = document.getElementById("sign-in-again");
    if (dialog instanceof HTMLDialogElement) dialog.close();
    document.dispatchEvent(new CustomEvent("portal:session-renewed"));
  } catch {
    // No connection: the next focus asks again.
  } finally {
    asking = false;
  }
}
