/** The board of classes or parts of a split: pupils are carried from one column to another, then all sent at once. */

import { announce } from "./lib/announce";

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-board]")) setUp(form);

function setUp(form: HTMLFormElement): void {
  const columns = [...form.querySelectorAll<HTMLElement>("[data-place]")];
  const target = form.querySelector<HTMLSelectElement>("select[name=target]");
  const status = form.querySelector<HTMLElement>("[data-status]");
  const pupils = [...form.querySelectorAll<HTMLElement>("[data-person]")];
  const home = new Map(pupils.map((pupil) => [pupil, columnOf(pupil)]));
  let dragged: HTMLElement[] = [];
  if (!target || !status) return;

  for (const pupil of pupils) {
    pupil.draggable = true;
    pupil.addEventListener("dragstart", (event) => {
      dragged = chosen().includes(pupil) ? chosen() : [pupil];
      for (const each of dragged) each.classList.add("carried");
      event.dataTransfer?.setData("text/plain", pupil.dataset["person"] ?? "");
    });
    pupil.addEventListener("dragend", () => {
      for (const each of dragged) each.classList.remove("carried");
      for (const column of columns) column.classList.remove("over");
      dragged = [];
    });
  }
  for (const column of columns) {
    column.addEventListener("dragover", (event) => {
      if (!dragged.length) return;
      event.preventDefault();
      column.classList.add("over");
    });
    column.addEventListener("dragleave", (event) => {
      if (!column.contains(event.relatedTarget as Node | null)) column.classList.remove("over");
    });
    column.addEventListener("drop", (event) => {
      event.preventDefault();
      carry(dragged, column);
    });
  }
  form.querySelector("[data-carry]")?.addEventListener("click", () => {
    const column = columns.find((each) => each.dataset["place"] === target.value);
    const carried = chosen();
    if (!column) {
      target.focus();
      return;
    }
    carry(carried, column);
    carried[0]?.querySelector<HTMLElement>("input[type=checkbox]")?.focus();
  });
  // What was carried is sent as it stands; a choice below the board holds for those that are still marked.
  form.addEventListener("submit", (event) => {
    if (!chosen().length) target.value = "";
    else if (!target.value) {
      event.preventDefault();
      target.focus();
    }
  });
  // Back from the preview, the browser has the columns as they came from the server.
  addEventListener("pageshow", show);
  show();

  function chosen(): HTMLElement[] {
    return pupils.filter((pupil) => pupil.querySelector<HTMLInputElement>("input[name=ids]")?.checked);
  }

  function columnOf(pupil: HTMLElement): HTMLElement | null {
    return pupil.closest<HTMLElement>("[data-place]");
  }

  function carry(carried: HTMLElement[], column: HTMLElement): void {
    for (const pupil of carried) {
      const box = pupil.querySelector<HTMLInputElement>("input[name=ids]");
      if (box) box.checked = false;
      if (columnOf(pupil) !== column) insert(pupil, column);
      pupil.querySelector("input[name=moves]")?.remove();
      const moved = column !== home.get(pupil);
      pupil.classList.toggle("moved", moved);
      if (!moved) continue;
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = "moves";
      field.value = `${pupil.dataset["person"]}:${column.dataset["place"]}`;
      pupil.append(field);
    }
    show();
    announce(status?.textContent ?? "");
  }

  /** Puts a pupil where the alphabet has the name. */
  function insert(pupil: HTMLElement, column: HTMLElement): void {
    const list = column.querySelector("ul");
    const name = pupil.textContent?.trim() ?? "";
    const next = [...(list?.children ?? [])].find((each) => (each.textContent?.trim() ?? "").localeCompare(name, "ru") > 0);
    list?.insertBefore(pupil, next ?? null);
  }

  function show(): void {
    for (const column of columns) {
      const badge = column.querySelector<HTMLElement>("[data-count]");
      if (!badge) continue;
      const count = column.querySelectorAll("[data-person]").length;
      const places = Number(badge.dataset["places"]);
      badge.textContent = String(count);
      badge.classList.toggle("full", places > 0 && count > places);
    }
    const moved = form.querySelectorAll("input[name=moves]").length;
    if (status) status.textContent = moved ? (form.dataset["moved"] ?? "").replace("{count}", String(moved)) : "";
  }
}
