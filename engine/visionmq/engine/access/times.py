"""Times as the store writes them and as the code reckons with them: always UTC."""

from datetime import UTC, date, datetime

from visionmq.engine.store.session import Session, format_time


def now_of(session: Session) -> datetime:
    """Return the time by the store's clock."""
    return read_time(session.now())


def read_time(text: str) -> datetime:
    """Return a time of the store."""
    return datetime.fromisoformat(text).astimezone(UTC)


def write_time(at: datetime) -> str:
    """Return a time as the store writes it; such texts sort as their times."""
    return format_time(at)


def years_between(birth: date, day: date) -> int:
    """Return whole years; who was born on 29 February is a year older on 1 March of other years."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
