"""``python -m lilogic`` is the command line."""

from lilogic.cli import main

main()
