/** Topics of a plan by keyboard: Alt with an arrow moves the topic of the row in focus, Delete takes it out. */

document.querySelector("[data-plan-topics]")?.addEventListener("keydown", (event) => {
  const pressed = event as KeyboardEvent;
  const row = (pressed.target as Element).closest("tr");
  const way = pressed.altKey && pressed.key === "ArrowUp" ? "[data-up]"
    : pressed.altKey && pressed.key === "ArrowDown" ? "[data-down]"
    : pressed.key === "Delete" && !pressed.altKey && !pressed.ctrlKey && !pressed.metaKey ? "[data-remove]" : "";
  const button = way && row?.querySelector<HTMLButtonElement>(way);
  if (!button || button.disabled) return;
  pressed.preventDefault();
  button.click();
});
