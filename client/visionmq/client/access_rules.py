"""The rules by which is decided, and whole tables of users, cars, bookings and engineers."""

from collections.abc import Mapping, Sequence
from typing import Any

from visionmq.client.access import asked
from visionmq.client.calls import Call, result_of
from visionmq.schemas.access.imports import Imported, ImportKind, ImportParams
from visionmq.schemas.access.policies import Policy, PolicyParams, SetPolicyParams


def import_rows(kind: ImportKind | str, rows: Sequence[Mapping[str, str]], **sending: Any) -> Call[Imported]:
    """Take in up to 500 rows of a table by column name, each for itself; with a `key` no row twice."""
    params = asked(ImportParams, kind=kind, rows=[dict(row) for row in rows])
    return result_of(Imported, "access.import", params, (), sending)


def policy(version: int | None = None, **sending: Any) -> Call[Policy]:
    """Return the rules that are in force, or those of a version."""
    return result_of(Policy, "access.policy", asked(PolicyParams, version=version), (), sending)


def set_policy(*, replaces: int | None = None, rules: Mapping[str, Any], **sending: Any) -> Call[Policy]:
    """Put rules in force as a new version: what `rules` names changes, the rest stays.

    With `replaces` only if that version is in force; raises Conflict otherwise.
    """
    params = asked(SetPolicyParams, rules=dict(rules), replaces=replaces)
    return result_of(Policy, "access.set_policy", params, (), sending)
