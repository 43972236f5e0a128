"""`visionmq access policy`: by which rules is decided."""

from typing import Annotated, Any

import typer

from visionmq.client.cli.access_ask import DESK, AsObject
from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.options import settings_of, talks
from visionmq.client.cli.stores import Store, service


@talks
def policy(
    context: typer.Context,
    changes: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME=VALUE...]", help="Rules to change; without any the policy is printed."),
    ] = None,
    version: Annotated[
        int | None, typer.Option("--version", metavar="N", min=0, help="Print this version. [the one in force]")
    ] = None,
    replaces: Annotated[
        int | None, typer.Option("--replaces", metavar="N", min=0, help="Change only if this version is in force.")
    ] = None,
    store: Store = None,
    as_json: AsObject = False,
) -> None:
    """Print the rules that are in force, or put others in force as a new version; decisions name theirs."""
    from visionmq.client.cli.show import print_json

    rules = read_rules(changes or [])
    if rules and version is not None:
        raise Failure("--version prints a policy, and rules change one", "Leave one of them out.", Exit.USAGE)
    with service(settings_of(context), DESK, store=store, tell=not as_json) as client:
        access = client.access
        found = access.set_policy(rules=rules, replaces=replaces) if rules else access.policy(version)
    print_json(found) if as_json else _print(found)


def read_rules(words: list[str]) -> dict[str, Any]:
    """Return NAME=VALUE words as rules; raises Failure for a name that is none, or a word that is no pair."""
    import msgspec

    from visionmq.schemas.access.policies import Rules

    rules: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name not in Rules.__struct_fields__:
            known = ", ".join(Rules.__struct_fields__)
            raise Failure(f"{word!r} is no rule", f"NAME=VALUE, of {known}.", Exit.USAGE)
        rules[name] = value.strip()
    try:
        made = msgspec.convert(rules, Rules, strict=False)
    except msgspec.ValidationError as mistake:
        raise Failure(f"{mistake}", "`visionmq access policy` prints the rules.", Exit.USAGE) from None
    return {name: getattr(made, name) for name in rules}


def _print(found: Any) -> None:
    import msgspec

    from visionmq.client.cli.access_ask import moment
    from visionmq.client.cli.show import print_pairs

    state = "in force" if found.in_force else "not in force any more"
    print(f"policy {found.version}, {state}, set {moment(found.set_at) if found.set_at else 'by nobody: the defaults'}")
    print_pairs(msgspec.to_builtins(found.rules))
