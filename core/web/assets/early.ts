/** Runs before the first paint: the rail as it was left, and that scripts work. */

document.documentElement.dataset["script"] = "on";
try {
  if (localStorage.getItem("rail") === "narrow") document.documentElement.dataset["rail"] = "narrow";
} catch {
  // Storage is forbidden: the rail is wide.
}
