/** `window.moyashkola`: what the scripts of plugins that are built elsewhere may use. */

import { announce } from "../lib/announce";
import { Fault, api, csrfToken, idempotencyKey } from "../lib/api";
import { ask, openDialog } from "../lib/dialog";
import { keepDrafts } from "../lib/drafts";
import { registerKey } from "../lib/keys";
import { subscribe } from "../lib/live";
import { Refresh } from "../lib/refresh";
import { sendForm } from "../lib/sending";
import { toast } from "../lib/toast";

const offered = { announce, api, ask, csrfToken, Fault, idempotencyKey, keepDrafts, openDialog, Refresh, registerKey, sendForm, subscribe, toast };

declare global {
  interface Window {
    moyashkola?: typeof offered & { htmx: unknown };
  }
}

/** Makes the same functions that `@portal/*` exports reachable without our build. */
export function offerToVendors(htmx: unknown): void {
  window.moyashkola = Object.freeze({ ...offered, htmx });
}
