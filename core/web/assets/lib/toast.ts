/** Short notes at the bottom of the page, with a way back where something was done. */

import { announce } from "./announce";
import { word } from "./words";

export interface ToastOptions {
  tone?: "plain" | "danger";
  /** Takes back what was done; offered for 10 s. */
  undo?: () => unknown;
  /** Another action instead of the undo, e.g. a retry. */
  action?: { title: string; run: () => unknown };
  /** How long it stays, ms. It waits while the pointer or the focus is on it. */
  stay?: number;
}

/** Shows a note; returns the function that takes it away. */
export function toast(text: string, options: ToastOptions = {}): () => void {
  const region = theRegion();
  const box = document.createElement("div");
  box.className = options.tone === "danger" ? "toast danger" : "toast";
  const words = document.createElement("span");
  words.className = "words";
  words.textContent = text;
  box.append(words);
  const close = (): void => {
    clearTimeout(timer);
    box.remove();
    if (!region.childElementCount && region.matches(":popover-open")) region.hidePopover();
  };
  const action = options.undo ? { title: word("undo"), run: options.undo } : options.action;
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = action.title;
    button.addEventListener("click", () => { close(); void action.run(); });
    box.append(button);
  }
  const cross = document.createElement("button");
  cross.type = "button";
  cross.className = "close";
  cross.setAttribute("aria-label", word("close"));
  cross.textContent = "×";
  cross.addEventListener("click", close);
  box.append(cross);
  region.append(box);
  if (supportsPopover(region)) {
    // Shown again, so that it lies above a dialog opened meanwhile.
    if (region.matches(":popover-open")) region.hidePopover();
    region.showPopover();
  }
  announce(text, options.tone === "danger");
  const stay = options.stay ?? (action ? 10_000 : 5_000);
  let timer = setTimeout(close, stay);
  const wait = (): void => clearTimeout(timer);
  const goOn = (): void => { clearTimeout(timer); timer = setTimeout(close, stay); };
  box.addEventListener("pointerenter", wait);
  box.addEventListener("pointerleave", goOn);
  box.addEventListener("focusin", wait);
  box.addEventListener("focusout", goOn);
  box.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  return close;
}

function theRegion(): HTMLElement {
  let region = document.getElementById("toasts");
  if (!region) {
    region = document.createElement("div");
    region.id = "toasts";
    region.className = "toasts";
    document.body.append(region);
  }
  if (supportsPopover(region)) region.popover = "manual";
  return region;
}

function supportsPopover(region: HTMLElement): boolean {
  return typeof region.showPopover === "function";
}
