"""`visionmq schema`: what goes in and what comes out, for people and for programs."""

from typing import Annotated, Final

import typer

from visionmq.client.cli.failures import Exit, Failure

_MESSAGES: Final = "messages"


def schema(
    operation: Annotated[
        str | None, typer.Argument(metavar="[OPERATION]", help="An operation, or `messages` for the envelopes.")
    ] = None,
) -> None:
    """Print the JSON Schema of an operation; without one, list the operations."""
    import msgspec

    from visionmq.schemas.operations import OPERATIONS, json_schema, message_schema

    if operation is None:
        for row in OPERATIONS.values():
            print(f"{row.name:20}  {row.summary}")
        print(f"{_MESSAGES:20}  The envelopes of the protocol.")
        return
    if operation != _MESSAGES and operation not in OPERATIONS:
        raise Failure(f"no operation is called {operation}", "`visionmq schema` lists them.", Exit.USAGE)
    found = message_schema() if operation == _MESSAGES else json_schema(operation)
    print(msgspec.json.format(msgspec.json.encode(found)).decode())
