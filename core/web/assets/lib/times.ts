/** `<time datetime="…" data-relative>`: «5 минут назад» that stays true while the page is open. */

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [["day", 86_400], ["hour", 3_600], ["minute", 60]];
let format: Intl.RelativeTimeFormat | undefined;

/** How long ago (or ahead) a moment is, in the page's language. */
export function relative(moment: Date, now: Date = new Date()): string {
  format ??= new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
  const seconds = (moment.getTime() - now.getTime()) / 1000;
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return format.format(Math.round(seconds / length), unit);
  }
  return format.format(0, "minute");
}

/** Renews the relative times under `root`; a week and more ago keeps the date the server wrote. */
export function renewTimes(root: ParentNode = document): void {
  for (const time of root.querySelectorAll<HTMLTimeElement>("time[data-relative]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime()) || Math.abs(Date.now() - moment.getTime()) > 7 * 86_400_000) continue;
    if (!time.title) time.title = time.textContent ?? "";
    time.textContent = relative(moment);
  }
}
