"""Requests: one's own, the work list, and what opens after a region's connection."""
