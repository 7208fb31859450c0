"""An independent, strict imitation of ESIA with invented people, for demonstrations and tests."""
