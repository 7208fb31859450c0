/** What the element puts around the table: the chooser of lessons, the line of words and buttons, keys for thumbs. */

import { say } from "./words";

/** What the buttons do. */
export interface Commands {
  step(columns: number): void;
  choose(column: number): void;
  key(text: string): void;
  clear(): void;
  openLesson(): void;
  openCell(): void;
  fillDown(): void;
  whatIf(): void;
}

export interface Bar {
  offline: HTMLElement;
  choice: HTMLSelectElement;
  words: HTMLElement;
  whatIf: HTMLButtonElement | undefined;
}

/**
 * Builds the parts and puts them around the table in `root`; `marks` are those to offer, `mayMark` the right to use
 * them, `averages` whether there are any to try marks out on.
 */
export function buildBar(root: HTMLElement, run: Commands, marks: string[], mayMark: boolean, averages: boolean): Bar {
  const offline = document.createElement("div");
  offline.className = "jr-offline";
  offline.hidden = true;
  offline.setAttribute("role", "status");

  const choose = document.createElement("div");
  choose.className = "jr-choose";
  const choice = document.createElement("select");
  choice.className = "select";
  choice.setAttribute("aria-label", say("choose"));
  choice.addEventListener("change", () => run.choose(Number(choice.value)));
  choose.append(iconButton("‹", say("previous"), () => run.step(-1)), choice, iconButton("›", say("next"), () => run.step(1)));

  const line = document.createElement("div");
  line.className = "jr-line no-print";
  const words = document.createElement("span");
  words.className = "jr-words";
  line.append(words, plainButton(say("lesson"), run.openLesson), plainButton(say("cell"), run.openCell));
  let whatIf: HTMLButtonElement | undefined;
  if (mayMark) {
    const fill = plainButton(say("fill"), run.fillDown);
    fill.title = say("keyFill");
    line.append(fill);
    if (averages) {
      whatIf = plainButton(say("whatIf"), run.whatIf);
      whatIf.setAttribute("aria-pressed", "false");
      line.append(whatIf);
    }
  }

  const keys = document.createElement("div");
  keys.className = "jr-keys";
  keys.setAttribute("role", "group");
  keys.setAttribute("aria-label", say("input"));
  for (const key of [...marks, "н", "б", "оп"]) keys.append(plainButton(key, () => run.key(key), ""));
  const clear = plainButton("⌫", run.clear, "");
  clear.setAttribute("aria-label", say("clear"));
  keys.append(clear);

  root.prepend(offline, choose);
  root.append(line, keys);
  return { offline, choice, words, whatIf };
}

export function plainButton(title: string, run: () => void, kind = "button quiet"): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = kind;
  button.textContent = title;
  button.addEventListener("click", run);
  return button;
}

function iconButton(sign: string, title: string, run: () => void): HTMLButtonElement {
  const button = plainButton(sign, run, "icon-button");
  button.setAttribute("aria-label", title);
  return button;
}
