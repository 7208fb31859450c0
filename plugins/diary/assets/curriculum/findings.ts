/** What is against the norms, beside the table. */

export interface Finding { level: string; place: string; text: string; act: string }

/** Puts the findings in place of those that are shown. */
export function showFindings(findings: Finding[]): void {
  const list = document.querySelector<HTMLElement>("[data-findings]");
  list?.replaceChildren(...findings.map((each) => {
    const item = document.createElement("li");
    item.className = each.level;
    const place = document.createElement("strong");
    place.textContent = each.place;
    const act = document.createElement("small");
    act.textContent = each.act;
    item.append(place, ` ${each.text} `, act);
    return item;
  }));
  const none = document.querySelector<HTMLElement>("[data-no-findings]");
  if (none) none.hidden = findings.length > 0;
}
