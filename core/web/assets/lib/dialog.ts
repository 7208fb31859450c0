/** Dialogs and drawers: `<dialog id="x">` and buttons `data-opens="x"`, `data-closes`. */

import { word } from "./words";

/** Opens a dialog of the page as modal; the focus returns to where it was when it closes. */
export function openDialog(dialog: HTMLDialogElement): void {
  if (dialog.open) return;
  dialog.showModal();
  dialog.querySelector<HTMLElement>("[autofocus]")?.focus();
}

export interface Question {
  title: string;
  /** What will go, by name. */
  text: string;
  /** The verb of what happens: «Удалить класс». */
  verb: string;
}

/** Asks before what cannot be undone; resolves to whether the person agreed. */
export function ask(question: Question): Promise<boolean> {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", "ask-title");
  const header = document.createElement("header");
  const title = document.createElement("h2");
  title.id = "ask-title";
  title.textContent = question.title;
  header.append(title);
  const body = document.createElement("div");
  body.className = "body";
  const text = document.createElement("p");
  text.textContent = question.text;
  body.append(text);
  const footer = document.createElement("footer");
  const no = button(word("cancel"), "button");
  const yes = button(question.verb, "button danger");
  footer.append(no, yes);
  dialog.append(header, body, footer);
  document.body.append(dialog);
  dialog.showModal();
  no.focus();
  return new Promise((resolve) => {
    no.addEventListener("click", () => dialog.close());
    yes.addEventListener("click", () => dialog.close("yes"));
    dialog.addEventListener("close", () => { resolve(dialog.returnValue === "yes"); dialog.remove(); });
  });
}

function button(text: string, className: string): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = className;
  made.textContent = text;
  return made;
}

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  const opens = event.target.closest<HTMLElement>("[data-opens]");
  if (opens) {
    const dialog = document.getElementById(opens.dataset["opens"] ?? "");
    if (dialog instanceof HTMLDialogElement) { event.preventDefault(); openDialog(dialog); }
    return;
  }
  const closes = event.target.closest("[data-closes]");
  if (closes) closes.closest("dialog")?.close();
  // A click on the veil lands on the dialog itself, outside its box.
  if (event.target instanceof HTMLDialogElement && event instanceof MouseEvent && !event.target.dataset["firm"]) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside && event.clientX + event.clientY > 0) event.target.close();
  }
});
