"""Sign-in through Gosuslugi (ESIA).

The protocol, the pages of the sign-in, and a strict stand with invented people to try it without
the real system.
"""
