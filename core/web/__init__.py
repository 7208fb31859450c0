"""Pages: templates, menu, errors, themes, translations, and the middleware of the browser's side."""
