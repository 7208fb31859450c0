import { tick, ticksOf } from "@portal/drafts";

/** What was typed in the forms of the drawer and not sent: it stays there when the answer to one form replaces them all. */

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/** A form as it was sent, by the names of its fields. */
export interface Sent {
  form: HTMLFormElement;
  values: Map<string, string>;
  ticks: Map<string, string[]>;
}

/** Text in a field; `inUse` says that somebody is typing there, up to which sign. */
export interface Typed {
  form: string;
  name: string;
  value: string;
  /** Values that are ticked, for boxes to tick instead of `value`. */
  ticks?: string[];
  inUse: boolean;
  caret: number | null;
}

/** Remembers a form that is about to be sent: what is typed in it from now on is not part of that. */
export function asSent(form: HTMLFormElement): Sent {
  return {
    form,
    values: new Map(fieldsOf(form).map((field) => [field.name, field.value])),
    ticks: new Map(tickNames(form).map((name) => [name, ticked(form, name)])),
  };
}

/** What `part` has in its fields beyond what came from the portal and what was sent. */
export function typedIn(part: Element, sent: Sent): Typed[] {
  return [...part.querySelectorAll<HTMLFormElement>("form[method=post]")].flatMap((form) => [
    ...typedTicks(form, sent),
    ...fieldsOf(form)
      .filter((field) => field.value !== (form === sent.form ? sent.values.get(field.name) : asItCame(field)))
      .map((field) => ({
        form: form.getAttribute("action") ?? "",
        name: field.name,
        value: field.value,
        inUse: field === document.activeElement,
        caret: field instanceof HTMLSelectElement ? null : field.selectionStart,
      })),
  ]);
}

function typedTicks(form: HTMLFormElement, sent: Sent): Typed[] {
  return tickNames(form).flatMap((name) => {
    const now = ticked(form, name);
    const before = form === sent.form ? sent.ticks.get(name) ?? [] : ticksOf(form, name).filter((field) => field.defaultChecked).map((field) => field.value);
    if (now.join("\n") === before.join("\n")) return [];
    return [{ form: form.getAttribute("action") ?? "", name, value: "", ticks: now, inUse: false, caret: null }];
  });
}

function tickNames(form: HTMLFormElement): string[] {
  const boxes = [...form.elements].filter((element) => element instanceof HTMLInputElement && element.type === "checkbox" && element.name);
  return [...new Set(boxes.map((box) => (box as HTMLInputElement).name))];
}

function ticked(form: HTMLFormElement, name: string): string[] {
  return ticksOf(form, name).filter((field) => field.checked).map((field) => field.value);
}

/** Puts the text into the fields of the same forms in `part`; returns the field that was in use. */
export function putBack(part: Element, typed: readonly Typed[]): Field | undefined {
  const forms = [...part.querySelectorAll<HTMLFormElement>("form[method=post]")];
  let inUse: Field | undefined;
  for (const each of typed) {
    const form = forms.find((candidate) => candidate.getAttribute("action") === each.form);
    if (each.ticks) {
      if (form) tick(form, each.name, each.ticks);
      continue;
    }
    const field = form && fieldsOf(form).find((candidate) => candidate.name === each.name);
    if (!field) continue;
    field.value = each.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    if (!each.inUse) continue;
    inUse = field;
    if (each.caret !== null && !(field instanceof HTMLSelectElement)) field.setSelectionRange(each.caret, each.caret);
  }
  return inUse;
}

function fieldsOf(form: HTMLFormElement): Field[] {
  return [...form.elements].filter((element): element is Field =>
    element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement
      || (element instanceof HTMLInputElement && element.type === "text"));
}

function asItCame(field: Field): string {
  if (!(field instanceof HTMLSelectElement)) return field.defaultValue;
  return ([...field.options].find((option) => option.defaultSelected) ?? field.options[0])?.value ?? "";
}
