/** The corridor screen: fetches itself anew, turns its pages when the list is long, shows the time; for months on end. */

const EVERY = 60_000;
const PAGE = 12_000;
const ANEW = 6 * 3_600_000;

const clock = document.querySelector<HTMLElement>(".clock");
const lost = document.querySelector<HTMLElement>(".lost");
const began = Date.now();

function tick(): void {
  if (!clock) return;
  const zone = clock.dataset["zone"];
  clock.textContent = new Date().toLocaleTimeString("ru-RU", { hour: "2-digit", minute: "2-digit", timeZone: zone });
}

/** Puts what the portal says now in the place of what is shown; without an answer the old list stays, and says so. */
async function refresh(): Promise<void> {
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (answer.status === 404) {
      location.reload();
      return;
    }
    if (!answer.ok) throw new Error(String(answer.status));
    if (Date.now() - began > ANEW) {
      location.reload();
      return;
    }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#screen");
    const shown = document.querySelector("#screen");
    if (fresh && shown && fresh.innerHTML !== shown.innerHTML) shown.innerHTML = fresh.innerHTML;
    if (lost) lost.hidden = true;
  } catch {
    if (lost) lost.hidden = false;
  }
}

/** The next page of a long list; after the last one, the first. */
function turn(): void {
  const list = document.querySelector<HTMLElement>("#screen");
  if (!list) return;
  const end = list.scrollTop + list.clientHeight >= list.scrollHeight - 4;
  list.scrollTo({ top: end ? 0 : list.scrollTop + list.clientHeight * 0.85 });
}

tick();
setInterval(tick, 1000);
setInterval(() => void refresh(), EVERY);
setInterval(turn, PAGE);
window.addEventListener("online", () => void refresh());
