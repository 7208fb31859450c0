"""Sign-in for those without Gosuslugi: a login and a password that the school issues.

Off until a region, municipality or school switches it on.
"""
