"""Requests («Запросы») and their workflow; plugins add kinds."""
