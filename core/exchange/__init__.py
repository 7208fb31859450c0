"""Import and export: spreadsheets, csv, OneRoster."""
