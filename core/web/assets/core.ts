/** What every page of the portal runs. Islands of plugins are modules of their own and share `lib/`. */

import htmx from "htmx.org";
import "./lib/dialog";
import "./lib/live";
import { keepDrafts, settleDrafts } from "./lib/drafts";
import { renewTimes } from "./lib/times";
import { remember } from "./page/frame";
import "./page/forms";
import "./page/palette";
import "./page/requests";
import "./page/session";
import "./page/submitting";
import "./page/card-drawer";
import { chooseLines } from "./page/worklist";
import { offerToVendors } from "./page/vendors";

// No styles, scripts or evaluated words get into the page past the content security policy, and no page
// with personal data stays in the browser's storage.
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
htmx.config.allowScriptTags = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0;
htmx.config.refreshOnHistoryMiss = true;
htmx.config.scrollIntoViewOnBoost = false;
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "[23]..", swap: true },
  // A form comes back with its errors.
  { code: "422", swap: true },
  { code: "[45]..", swap: false, error: true },
];

settleDrafts();
prepare(document);
document.addEventListener("htmx:load", (event) => {
  const part = (event as CustomEvent<{ elt: Element }>).detail.elt;
  prepare(part.parentElement ?? part);
});
setInterval(() => renewTimes(), 60_000);
offerToVendors(htmx);

function prepare(root: ParentNode): void {
  keepDrafts(root);
  chooseLines(root);
  remember(root);
  renewTimes(root);
}
