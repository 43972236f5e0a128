r"""Regular expressions that cannot hang: patterns of templates become an automaton without backtracking.

A subset of Python's syntax: characters, `.`, classes `[A-Z_]`, `\d \w \s`, groups, `|`, and the repetitions
`* + ? {m} {m,} {m,n}`. The whole text must match. Time is text times positions, whoever wrote the pattern.
"""

from typing import Final

from visionmq.engine.document.template.automaton import (
    MOST_POSITIONS,
    Builder,
    Characters,
    Node,
    Pattern,
    PatternError,
    either,
    repeated,
    sequence,
)

__all__ = ["LONGEST", "Pattern", "PatternError", "compile_pattern"]

LONGEST: Final = 200
"""Characters of a pattern."""

_DIGITS: Final = frozenset("0123456789")
_WORD: Final = _DIGITS | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
_SPACE: Final = frozenset(" \t")
_NAMED: Final = {"d": _DIGITS, "w": _WORD, "s": _SPACE}


def compile_pattern(source: str) -> Pattern:
    """Return a pattern; raise PatternError if it is too long or not of the subset."""
    if len(source) > LONGEST:
        raise PatternError(f"is {len(source)} characters long; {LONGEST} are allowed")
    parser = _Parser(source)
    whole = parser.choice()
    if parser.at < len(source):
        raise parser.error(f"has a {source[parser.at]!r} too many")
    return Builder.build(whole)


class _Parser:
    """Recursive descent over the source; groups may nest as deep as the source is short."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0

    def error(self, what: str) -> PatternError:
        return PatternError(f"{what} at character {self.at + 1}")

    def peek(self) -> str:
        return self.source[self.at : self.at + 1]

    def take(self) -> str:
        character = self.peek()
        if not character:
            raise self.error("ends too early")
        self.at += 1
        return character

    def choice(self) -> Node:
        options = [self.sequence()]
        while self.peek() == "|":
            self.take()
            options.append(self.sequence())
        return options[0] if len(options) == 1 else either(options)

    def sequence(self) -> Node:
        nodes = []
        while self.peek() not in ("", "|", ")"):
            nodes.append(self.repeated(self.atom()))
        return sequence(nodes)

    def repeated(self, node: Node) -> Node:
        sign = self.peek()
        if sign == "" or sign not in "*+?{":
            return node
        self.take()
        least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(sign) or self.bounds()
        if self.peek() and self.peek() in "*+?{":
            raise self.error("repeats a repetition")
        return repeated(node, least, most)

    def bounds(self) -> tuple[int, int | None]:
        end = self.source.find("}", self.at)
        text = self.source[self.at : max(end, self.at)]
        low, comma, high = text.partition(",")
        if end < 0 or not low.isdecimal() or (high and not high.isdecimal()):
            raise self.error("has no {m}, {m,} or {m,n}")
        least, most = int(low), int(high) if high else None if comma else int(low)
        if max(least, most or 0) > MOST_POSITIONS or (most is not None and most < least):
            raise self.error(f"repeats {text} times")
        self.at = end + 1
        return least, most

    def atom(self) -> Node:
        character = self.take()
        if character == "(":
            return self.group()
        if character in "^$*+?{":
            self.at -= 1
            raise self.error(f"has a {character!r} where a character should stand; the whole text is matched anyway")
        if character == "[":
            found = self.members()
        elif character == "\\":
            found = Characters(self.escaped())
        else:
            found = Characters(frozenset(), negated=True) if character == "." else Characters(frozenset(character))
        return lambda builder: builder.add(found)

    def group(self) -> Node:
        if self.peek() == "?":
            self.take()
            if self.take() != ":":
                raise self.error("looks around; only (...) and (?:...) are known")
        inside = self.choice()
        if self.take() != ")":
            raise self.error("does not close a group")
        return inside

    def escaped(self) -> frozenset[str]:
        character = self.take()
        if character.isalnum() and character not in _NAMED:
            raise self.error(f"escapes {character!r}; \\d, \\w, \\s and signs are known")
        return _NAMED.get(character, frozenset(character))

    def members(self) -> Characters:
        negated = self.peek() == "^"
        if negated:
            self.take()
        found: set[str] = set()
        while (character := self.take()) != "]":
            piece = self.escaped() if character == "\\" else frozenset(character)
            if self.peek() == "-" and self.source[self.at + 1 : self.at + 2] not in ("", "]"):
                piece = self.span(piece)
            found |= piece
        return Characters(frozenset(found), negated)

    def span(self, low: frozenset[str]) -> frozenset[str]:
        self.take()
        character = self.take()
        high = self.escaped() if character == "\\" else frozenset(character)
        if len(low) != 1 or len(high) != 1:
            raise self.error("has a range without ends")
        first, last = ord(next(iter(low))), ord(next(iter(high)))
        if not first <= last < first + 256:
            raise self.error("has a range that is empty or too wide")
        return frozenset(chr(code) for code in range(first, last + 1))
