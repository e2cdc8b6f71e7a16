"""How often users were written to: what was read of one before the last time is out of date."""

from collections import Counter
from collections.abc import Iterable

from dfn_tui.api.types import Identity


class WriteCounts:
    """Counts the writes of a session, and those of its jobs."""

    def __init__(self) -> None:
        self.of_jobs = 0
        """How often jobs wrote to users that are known here."""
        self._writes: Counter[Identity] = Counter()

    def know(self, identities: Iterable[Identity]) -> None:
        """Somebody looks at these: what jobs write to them counts from now on."""
        for identity in identities:
            self._writes.setdefault(identity, 0)

    def to(self, identity: Identity) -> int:
        """How often that user was written to."""
        return self._writes[identity]

    def add(self, identities: Iterable[Identity]) -> None:
        """Counts a write to each of these."""
        self._writes.update(identities)

    def add_of_job(self, identities: Iterable[Identity]) -> None:
        """The same for a job: of those alone that somebody looks at, as a job may have a million."""
        known = [identity for identity in identities if identity in self._writes]
        self.add(known)
        self.of_jobs += len(known)
