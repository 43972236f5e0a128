"""`visionmq access user`: who may log in."""

from pathlib import Path
from typing import Annotated, Any

import typer

from visionmq.client.cli.access_ask import (
    DESK,
    AsObject,
    PasswordStdin,
    Yes,
    everything,
    moment,
    print_changed,
    print_rows,
    read_password,
)
from visionmq.client.cli.options import settings_of, talks
from visionmq.client.cli.stores import Store, service

Name = Annotated[str, typer.Argument(metavar="NAME", help="Login name.")]
FullName = Annotated[
    str | None, typer.Option("--full-name", metavar="TEXT", help="As in the identity document; for `case verify`.")
]
Born = Annotated[str | None, typer.Option("--birth-date", metavar="YYYY-MM-DD", help="For ages and `case verify`.")]
Subject = Annotated[
    str | None, typer.Option("--subject", metavar="NAME", help="The enrolled face. [the one of the user's name]")
]
Collection = Annotated[
    str | None, typer.Option("--collection", "-c", metavar="NAME", help="Collection of the enrolled face. [access]")
]


@talks
def add(
    context: typer.Context,
    name: Name,
    full_name: FullName = None,
    birth_date: Born = None,
    subject: Subject = None,
    collection: Collection = None,
    password_stdin: PasswordStdin = False,
    store: Store = None,
    as_json: AsObject = False,
) -> None:
    """Add a user; the password is asked for twice, or comes by --password-stdin."""
    password = read_password(stdin=password_stdin, new=True)
    record = {"full_name": full_name, "birth_date": birth_date, "subject": subject, "collection": collection}
    with service(settings_of(context), DESK, store=store, tell=not as_json) as client:
        done = client.access.add_user(name, password, **record)
    print_changed(done, f"user {name} added, id {done.id}", as_json=as_json)


@talks
def edit(
    context: typer.Context,
    name: Name,
    full_name: FullName = None,
    birth_date: Born = None,
    subject: Subject = None,
    collection: Collection = None,
    store: Store = None,
    as_json: AsObject = False,
) -> None:
    """Change what is given of a user's record."""
    record = {"full_name": full_name, "birth_date": birth_date, "subject": subject, "collection": collection}
    with service(settings_of(context), DESK, store=store) as client:
        done = client.access.edit_user(name, **record)
    print_changed(done, f"user {name} changed", as_json=as_json)


@talks
def users(context: typer.Context, store: Store = None, as_json: AsObject = False) -> None:
    """List the users."""
    with service(settings_of(context), DESK, store=store, tell=not as_json) as client:
        found = list(everything(lambda after: client.access.users(after=after), "users"))
    empty = "there are no users yet; visionmq access user add NAME"
    columns = ("user", "full name", "born", "face", "engineer", "locked until", "id")
    print_rows(found, columns, _row, as_json=as_json, empty=empty)


def _row(one: Any) -> tuple[object, ...]:
    face = f"{one.collection}/{one.subject}"
    record = (one.user, one.full_name or "-", one.birth_date or "-", face)
    return (*record, "yes" if one.engineer else "-", moment(one.locked_until), one.user_id)


@talks
def password(
    context: typer.Context,
    name: Name,
    password_stdin: PasswordStdin = False,
    store: Store = None,
    as_json: AsObject = False,
) -> None:
    """Give a user a new password, and clear a lock-out."""
    new = read_password(stdin=password_stdin, new=True)
    with service(settings_of(context), DESK, store=store) as client:
        done = client.access.set_password(name, new)
    print_changed(done, f"user {name} has a new password", as_json=as_json)


@talks
def unlock(context: typer.Context, name: Name, store: Store = None, as_json: AsObject = False) -> None:
    """Clear a user's lock-out."""
    with service(settings_of(context), DESK, store=store) as client:
        done = client.access.unlock(name)
    print_changed(done, f"user {name} may log in again", as_json=as_json)


@talks
def forget(
    context: typer.Context,
    name: Name,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE.json", help="Keep the signed receipt here.")
    ] = None,
    yes: Yes = False,
    store: Store = None,
    as_json: AsObject = False,
) -> None:
    """Destroy the key to a user's record and enrolled face; bookings that have not begun are cancelled."""
    from visionmq.client.cli.face_gallery import check_receipt, confirm, write_receipt

    check_receipt(output)
    confirm(f"Destroy all that is kept of user {name!r} and the face, for good?", yes=yes)
    with service(settings_of(context), DESK, store=store, tell=not as_json) as client:
        done = client.access.forget_user(name)
    write_receipt(output, done)
    gone = f"{len(done.cancelled_bookings)} bookings cancelled, {done.faces} templates destroyed"
    print_changed(done, f"user {name} is forgotten: {gone}, audit entry {done.audit_sequence}", as_json=as_json)
