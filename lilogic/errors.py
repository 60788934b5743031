"""The one exception that users are meant to read."""


class LilogicError(Exception):
    """A problem the user can fix: one line that names the file, the place and the bound.

    The command line prints it after ``lilogic:`` and exits with status 2; ``--debug`` shows the
    traceback instead.
    """


class CheckFailedError(LilogicError):
    """What was asked for is not so, though nothing is wrong with the input; exit status 1."""
