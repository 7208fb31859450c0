"""Attendance: a class's day, reasons of absence, what families announce, statistics, who is absent today."""
