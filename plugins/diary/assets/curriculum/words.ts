/** The words of the curriculum's page, in its language. */

const words = JSON.parse(document.getElementById("curriculum-words")?.textContent ?? "{}") as Record<string, string>;

/** A sentence by its name, its `{values}` filled in. */
export const say = (key: string, values: Record<string, string> = {}): string =>
  (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
