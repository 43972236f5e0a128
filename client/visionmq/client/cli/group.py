"""A group of commands whose unknown first word means its first command."""

from typing import Any

import typer
from typer.core import TyperGroup


class ReadsByDefault(TyperGroup):
    """`document a.jpg` is `document read a.jpg`; so is an option in place of the word."""

    default = "read"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default command in front where no command is named."""
        if args and args[0] not in self.commands and args[0] not in {"--help", "-h"}:
            args = [self.default, *args]
        return super().parse_args(ctx, args)


def examples(*lines: str) -> str:
    """Return an epilog that shows examples, one a line."""
    return "Examples:\n\n" + "\n\n".join(f"$ {line}" for line in lines)


def make_group(text: str, **options: Any) -> typer.Typer:
    """Return an empty group of commands that shows its help if none is named."""
    return typer.Typer(help=text, no_args_is_help=True, rich_markup_mode="markdown", **options)
