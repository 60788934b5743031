"""``python -m lilogic`` is the command line."""

from lilogic.cli import main

if __name__ == "__main__":
    main()
