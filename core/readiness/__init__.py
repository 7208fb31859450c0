"""Readiness of organizations: the steps of setting one up, their state, and how far the schools below have come.

A step's state is a condition in SQL on `Organization`, so that one page and a list of thousands of schools ask the
same: what a step means is written once.
"""
