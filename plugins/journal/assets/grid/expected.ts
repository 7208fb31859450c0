/** Absences that families have announced: a code with a question mark in the cells where nothing is noted yet. */

import { api } from "@portal/api";
import { plainId, type Sheet } from "./sheet";
import { say } from "./words";

interface Expected { pupil: string; lesson: string; code: string }

/** `term` is its number in the year. */
export async function showExpected(sheet: Sheet, page: string, term: string): Promise<void> {
  let expected: Expected[];
  try {
    expected = await api<Expected[]>(`/api/v1/journal/pages/${page}/terms/${term}/expected-absences`);
  } catch {
    // Told once more when the page is opened again; the roll can be called without it.
    return;
  }
  for (const { pupil, lesson, code } of expected) {
    const cell = sheet.byKey(`${plainId(pupil)}:${plainId(lesson)}`);
    if (!cell) continue;
    cell.dataset["expected"] = code;
    cell.title = say("expected", { code });
  }
}
