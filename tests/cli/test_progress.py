"""Bars and spinners: seen by a person, absent elsewhere."""

import io
import sys

import pytest

from visionmq.client import Progress
from visionmq.client.cli.output import Screen
from visionmq.client.cli.progress import counting, following, waiting


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def look(monkeypatch):
    """Put a terminal in place of standard error; in the test itself, as pytest puts its own before each phase."""

    def put() -> Terminal:
        screen = Terminal()
        monkeypatch.setattr(sys, "stderr", screen)
        monkeypatch.setenv("TERM", "xterm")
        return screen

    return put


def test_a_person_sees_how_many_files_are_done(look):
    terminal = look()
    with counting(3, what="drawing") as advance:
        for _ in range(3):
            advance()
    assert "drawing" in terminal.getvalue()
    assert "3/3" in terminal.getvalue()


def test_a_person_sees_the_place_in_the_queue_and_the_stage(look):
    terminal = look()
    with following() as report:
        assert report is not None
        report(Progress("id", "waiting", position=3))
        report(Progress("id", "recognize", 0.5))
    assert "recognize" in terminal.getvalue()


def test_a_person_sees_that_a_service_starts(look):
    terminal = look()
    with waiting(""):
        pass
    assert not terminal.getvalue()
    with waiting("starting"):
        pass
    assert "starting" in terminal.getvalue()


def test_no_bar_stands_in_the_way_of_tables(look):
    terminal = look()
    with counting(9, Screen()) as advance:
        advance()
    assert not terminal.getvalue()


def test_nothing_is_drawn_where_nobody_looks(capfd):
    with counting(9) as advance, following() as report, waiting("starting"):
        advance()
    assert report is None
    assert capfd.readouterr() == ("", "")
