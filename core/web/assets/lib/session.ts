/** The sign-in session of this page: whether it goes on, and whose it is now. */

import { csrfToken, faultOf } from "./api";

export type Standing = "same" | "ended" | "another";

/**
 * Asks the portal. The page takes the form token of now where its own person is signed in; `quiet` keeps it from
 * asking to sign in again. Rejects where there is no connection or no clear answer.
 */
export async function askSession(quiet = false): Promise<Standing> {
  const answer = await fetch("/session", { credentials: "same-origin", cache: "no-store", headers: { accept: "application/json" } });
  if (answer.status === 401) {
    if (!quiet) faultOf(answer.status, await answer.text());
    return "ended";
  }
  if (!answer.ok) throw new Error(`the session is not known: ${answer.status}`);
  const { account, token } = (await answer.json()) as { account: string; token: string };
  if (account !== document.body.dataset["account"]) return "another";
  if (token !== csrfToken()) {
    document.body.setAttribute("hx-headers", JSON.stringify({ "x-csrf-token": token }));
    for (const field of document.querySelectorAll<HTMLInputElement>("input[name=csrf_token]")) field.value = token;
  }
  return "same";
}

const ANOTHER = "another-signed-in";

/** Opens the page anew as the one who is signed in now, and says there that nothing of the first one's was sent. */
export function openAsAnother(lost: boolean): void {
  try {
    if (lost) sessionStorage.setItem(ANOTHER, "1");
  } catch {
    // Then the page only opens anew.
  }
  location.reload();
}

/** Whether this page was opened anew for that; asked once. */
export function openedAsAnother(): boolean {
  try {
    const said = sessionStorage.getItem(ANOTHER) !== null;
    sessionStorage.removeItem(ANOTHER);
    return said;
  } catch {
    return false;
  }
}
