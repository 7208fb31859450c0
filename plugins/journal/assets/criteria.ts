/** The table of points: a pupil's sum and the mark it proposes follow each cell that was saved. */

document.addEventListener("points-counted", (event) => {
  const { detail } = event as CustomEvent<Record<string, unknown>>;
  for (const [id, text] of Object.entries(detail)) {
    const place = document.getElementById(id);
    if (place && typeof text === "string") place.textContent = text;
  }
});
