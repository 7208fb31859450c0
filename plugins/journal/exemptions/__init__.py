"""Pupils who do not take a subject with their class for some time: exempt from it, or taught apart."""
