"""`python -m core.cli` is the command `moyashkola`."""

from core.cli import main

main()
