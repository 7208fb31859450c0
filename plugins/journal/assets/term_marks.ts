/** Term marks: Enter and the arrows lead along a column; what is proposed for the year follows the terms. */

import "./grid/drawer";

const MARK = ".tm-mark";

document.addEventListener("keydown", (event) => {
  const from = event.target;
  if (!(from instanceof HTMLInputElement) || !from.matches(MARK) || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const next = beside(from, event.shiftKey ? -step : step);
  if (next) {
    next.focus();
    next.select();
  } else from.blur();
});

/** The next mark of the same column that may be set. */
function beside(from: HTMLInputElement, step: number): HTMLInputElement | undefined {
  const cell = from.closest("td");
  let row = cell?.parentElement;
  while (cell && row) {
    row = (step > 0 ? row.nextElementSibling : row.previousElementSibling) as HTMLElement | null;
    const found = row?.children[cell.cellIndex]?.querySelector<HTMLInputElement>(MARK);
    if (found) return found;
  }
  return undefined;
}

document.addEventListener("term-marks-proposed", (event) => {
  const { detail } = event as CustomEvent<Record<string, unknown>>;
  for (const [place, value] of Object.entries(detail)) {
    const input = document.querySelector<HTMLInputElement>(`input[name="mark:${CSS.escape(place)}"]`);
    if (input && typeof value === "string") input.placeholder = value;
  }
});

// With scripts every mark is sent by itself, so it does not belong to the form of all of them any more.
function alone(root: ParentNode): void {
  for (const field of root.querySelectorAll("[form=term-marks]")) field.removeAttribute("form");
}
alone(document);
document.addEventListener("htmx:load", (event) => alone((event as CustomEvent<{ elt: Element }>).detail.elt));

// What was saved in the drawer is shown in the table once the drawer is closed.
const drawer = document.getElementById("journal-drawer");
drawer?.addEventListener("close", () => {
  if (drawer.querySelector("[data-saved]")) location.reload();
});
