/** Blocks of cells as spreadsheets put them on the clipboard: lines of values with tabs between them. */

/** The rows of a block. A value in quotes may hold tabs and line breaks, `""` is a quote; an empty last line is none. */
export function blockOf(text: string): string[][] {
  const rows: string[][] = [[]];
  let value = "";
  let quoted = false;
  const source = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  for (let at = 0; at < source.length; at++) {
    const sign = source[at];
    if (quoted && sign === '"' && source[at + 1] === '"') { value += '"'; at++; }
    else if (quoted && sign === '"') quoted = false;
    else if (!quoted && sign === '"' && value === "") quoted = true;
    else if (!quoted && (sign === "\t" || sign === "\n")) {
      rows.at(-1)?.push(value.trim());
      value = "";
      if (sign === "\n") rows.push([]);
    } else value += sign;
  }
  rows.at(-1)?.push(value.trim());
  return rows;
}

/** Rows of values as a spreadsheet takes them. */
export function textOf(rows: string[][]): string {
  return rows.map((row) => row.map((value) => (/["\t\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)).join("\t")).join("\n");
}
