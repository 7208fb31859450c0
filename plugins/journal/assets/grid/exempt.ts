/** Marks of exempt pupils: they are saved as any other, but the teacher is told, and may take them back. */

import { toast } from "@portal/toast";
import type { Cell, Sheet } from "./sheet";
import { say } from "./words";

/** A mark or a debt, not only a code of attendance. */
const MARKED = /(?:^|[\s/→>])(?:\d|[.•]|зач|нз)/i;

/** Tells of marks just written where a pupil does not take the subject with the class. */
export function warnOfExempt(sheet: Sheet, written: [Cell, string][], undo: () => void): void {
  const exempt = written.filter(([cell, text]) => (cell.classList.contains("e") || cell.classList.contains("s")) && MARKED.test(text));
  const first = exempt[0]?.[0];
  if (!first) return;
  const word = exempt.length > 1 ? "exemptMany" : first.classList.contains("s") ? "apartMarked" : "exemptMarked";
  toast(say(word, { name: sheet.nameOf(first), count: exempt.length }), { stay: 10_000, undo });
}
