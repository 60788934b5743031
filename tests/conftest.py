"""Settings that every test shares."""

from hypothesis import settings

# The first example of a test often compiles numba code, so examples are not timed; the same
# examples every time keep a failure reproducible.
settings.register_profile("lilogic", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("lilogic")
