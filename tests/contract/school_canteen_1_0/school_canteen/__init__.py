"""The school canteen: what is served each school day, and who eats free of charge."""

__version__ = "1.0.0"
