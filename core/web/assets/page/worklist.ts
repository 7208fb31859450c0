/** Work lists: choosing lines, a range with Shift, and how many are chosen; filters that a phone folds away. */

const known = new WeakSet<HTMLFormElement>();

/** Makes the lists under `root` choose. */
export function chooseLines(root: ParentNode): void {
  for (const form of root.querySelectorAll<HTMLFormElement>("form[data-worklist]")) {
    if (!known.has(form)) setUp(form);
    known.add(form);
  }
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element && event.target.closest<HTMLElement>("[data-unfolds]");
  if (button) button.setAttribute("aria-expanded", String(button.getAttribute("aria-expanded") !== "true"));
});

function setUp(form: HTMLFormElement): void {
  const all = form.querySelector<HTMLInputElement>("[data-chooses-all]");
  const everything = form.querySelector<HTMLInputElement>("input[name=everything]");
  const bar = form.querySelector<HTMLElement>(".bulk");
  const told = form.querySelector<HTMLElement>("[data-chosen]");
  const boxes = [...form.querySelectorAll<HTMLInputElement>("input[name=ids]")];
  if (!all || !bar || !told) return;
  let last = -1;

  const show = (): void => {
    const chosen = boxes.filter((box) => box.checked);
    for (const box of boxes) box.closest("tr")?.setAttribute("aria-selected", String(box.checked));
    all.checked = chosen.length === boxes.length;
    all.indeterminate = chosen.length > 0 && !all.checked;
    bar.hidden = chosen.length === 0;
    if (everything && !all.checked) everything.checked = false;
    told.textContent = (told.dataset["chosen"] ?? "").replace("{count}", String(chosen.length));
  };

  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    show();
  });
  form.addEventListener("click", (event) => {
    const at = boxes.indexOf(event.target as HTMLInputElement);
    if (at < 0) return;
    const clicked = boxes[at];
    if (event.shiftKey && last >= 0 && clicked) {
      for (const box of boxes.slice(Math.min(at, last), Math.max(at, last) + 1)) box.checked = clicked.checked;
    }
    last = at;
    show();
  });
  everything?.addEventListener("change", () => {
    if (!everything.checked) return;
    for (const box of boxes) box.checked = true;
    show();
  });
  // Back from the page that followed, the browser has kept what was chosen.
  addEventListener("pageshow", show);
  show();
}
