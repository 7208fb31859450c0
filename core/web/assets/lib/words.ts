/** Words of the page's language, written into the page by templates/words.html. */

let words: Record<string, string> | undefined;

/** The sentence under this key, with `{name}` replaced by the values. */
export function word(key: string, values: Record<string, string | number> = {}): string {
  words ??= JSON.parse(document.getElementById("portal-words")?.textContent ?? "{}") as Record<string, string>;
  const sentence = words[key] ?? key;
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
