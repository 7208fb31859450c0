/** Tells a screen reader what changed without moving the focus. */

let region: HTMLElement | undefined;

/** Reads `text` aloud: after the current sentence, or at once where it is `urgent`. */
export function announce(text: string, urgent = false): void {
  if (!region) {
    region = document.createElement("div");
    region.className = "visually-hidden";
    document.body.append(region);
  }
  region.setAttribute("aria-live", urgent ? "assertive" : "polite");
  region.textContent = "";
  // A reader notices only a change made after the region was emptied.
  const target = region;
  setTimeout(() => { target.textContent = text; }, 60);
}
