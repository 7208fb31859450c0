/** The words of the journal page, in its language. */

const words = JSON.parse(document.getElementById("journal-words")?.textContent ?? "{}") as Record<string, string>;
/** A sentence by its name, its `{values}` filled in. */
export const say = (key: string, values: Record<string, string | number> = {}): string =>
  (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
