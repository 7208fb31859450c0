"""Work lists: tables of the cabinet with search, filters, sorting, pages by key, bulk actions and export.

`definition` says what a list is, `view` what an address asks of it, `reading` reads it, `bulk` acts on many of
its lines. `core.web.worklist_pages` makes the pages; a plugin may give it lists of its own.
"""
