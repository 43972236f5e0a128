"""Lock-out: after some failures a name is locked, for a time that doubles with each further failure.

Pure. It counts by name, whether the name exists or not, so that it tells nothing about that. Failures during a lock
do not count: whoever hammers on a name does not lengthen its lock beyond what each try after it costs.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from visionmq.schemas.access.policies import Rules

NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
MEMORY: Final = timedelta(hours=24)
"""Failures are forgotten so long after the last one, or after the lock that it caused."""


@dataclass(frozen=True, slots=True)
class Attempts:
    """Failed logins of one name since the last right one."""

    failures: int = 0
    locked_until: datetime = NEVER

    def is_locked(self, now: datetime) -> bool:
        """Whether every login is refused, the right one too."""
        return now < self.locked_until

    def expires_at(self, now: datetime) -> datetime:
        """When all this may be forgotten."""
        return max(now, self.locked_until) + MEMORY


def after_failure(attempts: Attempts, now: datetime, rules: Rules) -> Attempts:
    """Return the state after a failed login; the same one if the name is locked."""
    if attempts.is_locked(now):
        return attempts
    failures = attempts.failures + 1
    return Attempts(failures, now + lock_of(failures, rules) if failures >= rules.failures else NEVER)


def lock_of(failures: int, rules: Rules) -> timedelta:
    """Return how long the lock after this many failures lasts."""
    doublings = min(failures - rules.failures, 30)
    return timedelta(seconds=min(rules.longest_lock, rules.lock_seconds * 2.0**doublings))
