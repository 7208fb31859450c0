/** Keys of the page and the list of them that `?` shows. */

export interface PageKey {
  /** As shown: "Ctrl+K", "Enter", "?". `Ctrl` means Command on a Mac. */
  keys: string;
  title: string;
  run?: (event: KeyboardEvent) => void;
  /** Works in a text field too. */
  everywhere?: boolean;
}

const known: PageKey[] = [];

/** Registers a key (or only describes it, without `run`); returns the function that forgets it. */
export function registerKey(key: PageKey): () => void {
  known.push(key);
  return () => { known.splice(known.indexOf(key), 1); };
}

/** All keys of the page, as registered. */
export function keysOfPage(): readonly PageKey[] {
  return known;
}

/** Whether typing goes into a field now. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement
    && (target.isContentEditable || target.matches("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select"));
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  for (const key of known) {
    if (!key.run || (!key.everywhere && isTyping(event.target)) || !matches(event, key.keys)) continue;
    event.preventDefault();
    key.run(event);
    return;
  }
});

function matches(event: KeyboardEvent, keys: string): boolean {
  const parts = keys.split("+");
  const main = parts.pop() ?? "";
  const control = parts.includes("Ctrl");
  if ((event.ctrlKey || event.metaKey) !== control || event.altKey !== parts.includes("Alt")) return false;
  if (parts.includes("Shift") && !event.shiftKey) return false;
  // By the place of the key for letters: a Russian layout types «л» where K stands.
  if (/^[A-Z]$/.test(main)) return event.code === `Key${main}`;
  if (main === "?") return event.key === "?" || (event.shiftKey && (event.code === "Slash" || event.code === "Digit7") && event.key === "?");
  return event.key === main;
}
