"""What of the journal is printed, signed and kept: sheets, pages, reports and the whole journal of a class."""
