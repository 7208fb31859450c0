/**
 * Live changes. All islands of a page share one connection to `/live`. A message carries ids and
 * versions only: whoever gets it fetches what they may see.
 */

export interface LiveMessage {
  topic: string;
  [key: string]: unknown;
}
type Listener = (message: LiveMessage) => void;

const listeners = new Map<string, Set<Listener>>();
/** Listeners that show a state of the page's making, and have had no connection since. */
const behind = new Set<Listener>();
let source: EventSource | undefined;
let connected = "";
let delay = 1000;
let timer: ReturnType<typeof setTimeout> | undefined;
let lost = false;

/**
 * Calls `listener` with every message on the topic; returns the function that ends it. After a break of
 * the connection it is called once with `{topic, missed: true}`, because messages may have been lost; with
 * `catchUp` also when the connection first stands, for what has changed since the page was made.
 */
export function subscribe(topic: string, listener: Listener, { catchUp = false } = {}): () => void {
  const set = listeners.get(topic) ?? new Set<Listener>();
  listeners.set(topic, set.add(listener));
  if (catchUp) behind.add(listener);
  plan(0);
  return () => {
    set.delete(listener);
    behind.delete(listener);
    if (!set.size) listeners.delete(topic);
    plan(200);
  };
}

function plan(wait: number): void {
  clearTimeout(timer);
  timer = setTimeout(connect, wait);
}

function connect(): void {
  const topics = [...listeners.keys()].sort();
  const url = `/live?${topics.map((topic) => `topic=${encodeURIComponent(topic)}`).join("&")}`;
  if (source && source.readyState !== EventSource.CLOSED && url === connected) return;
  source?.close();
  source = undefined;
  connected = url;
  if (!topics.length || document.visibilityState === "hidden" && lost) return;
  source = new EventSource(url);
  source.onopen = () => {
    delay = 1000;
    for (const topic of listeners.keys()) {
      if (lost) tell({ topic, missed: true });
      else for (const listener of listeners.get(topic) ?? []) if (behind.has(listener)) listener({ topic, missed: true });
    }
    behind.clear();
    lost = false;
    state("on");
  };
  source.onmessage = (event: MessageEvent<string>) => tell(JSON.parse(event.data) as LiveMessage);
  // Messages were lost on the way; the portal ends the stream, and coming back tells the listeners.
  source.addEventListener("resync", () => { lost = true; });
  source.onerror = () => {
    source?.close();
    source = undefined;
    lost = true;
    state("off");
    // Not all browsers of a school come back in the same second.
    plan(delay * (0.75 + Math.random() / 2));
    delay = Math.min(delay * 2, 60_000);
  };
}

function tell(message: LiveMessage): void {
  for (const listener of listeners.get(message.topic) ?? []) listener(message);
  document.dispatchEvent(new CustomEvent<LiveMessage>("portal:live", { detail: message }));
}

function state(now: "on" | "off"): void {
  document.documentElement.dataset["live"] = now;
  document.dispatchEvent(new CustomEvent("portal:connection", { detail: now }));
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && lost) { delay = 1000; plan(0); }
});
addEventListener("online", () => plan(0));
// An open connection keeps a page out of the back-forward cache.
addEventListener("pagehide", () => { source?.close(); source = undefined; });
addEventListener("pageshow", (event) => { if (event.persisted) { lost = true; plan(0); } });

/**
 * `<live-events topic="journal.page.42">`: a message becomes the DOM event `live` on the element, so that
 * `hx-trigger="live"` on it (or `live from:closest live-events` inside) fetches the part anew. Several topics stand
 * with spaces between them.
 */
class LiveEvents extends HTMLElement {
  #ends: (() => void)[] = [];

  connectedCallback(): void {
    const topics = (this.getAttribute("topic") ?? "").split(" ").filter((topic) => topic);
    const tell = (detail: LiveMessage): void => { this.dispatchEvent(new CustomEvent("live", { detail, bubbles: true })); };
    this.#ends = topics.map((topic) => subscribe(topic, tell));
  }

  disconnectedCallback(): void {
    for (const end of this.#ends.splice(0)) end();
  }
}
if (!customElements.get("live-events")) customElements.define("live-events", LiveEvents);
