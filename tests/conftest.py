"""What all tests share."""

from hypothesis import settings

# A deadline would be an assertion on elapsed time: it fails on a busy machine, not on a defect.
settings.register_profile("dfn-tui", deadline=None)
settings.load_profile("dfn-tui")
