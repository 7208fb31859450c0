"""Files of FET: schools and finished timetables."""
