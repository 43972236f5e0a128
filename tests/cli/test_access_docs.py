"""The manual of access names every command, option, reason, rule, key, column and stage."""

import re
from pathlib import Path

import pytest
import typer

from visionmq.client.administration import Administration
from visionmq.client.cli import app
from visionmq.client.cli.access_import import COLUMNS
from visionmq.client.cli.access_show import ADVICE
from visionmq.schemas import case as c
from visionmq.schemas.access.decisions import Decision, FaceEvidence
from visionmq.schemas.access.imports import ImportKind
from visionmq.schemas.access.policies import Rules
from visionmq.schemas.access.reasons import FOR, Reason
from visionmq.schemas.operations import OPERATIONS

DOCS = Path(__file__).parents[2] / "docs"
MANUAL = (DOCS / "access.md").read_text()
BOTH = MANUAL + (DOCS / "cli.md").read_text() + (DOCS / "faces.md").read_text()


def leaves(command, words: str) -> list:
    inner = getattr(command, "commands", None)
    if inner is None:
        return [(words, command)]
    return [leaf for name, one in inner.items() for leaf in leaves(one, f"{words} {name}".strip())]


@pytest.mark.parametrize("group", ["access", "case"])
def test_every_command_and_option_is_explained(group):
    for words, command in leaves(typer.main.get_command(app.app).commands[group], ""):
        assert f"`{words}" in MANUAL or f"{group} {words}" in MANUAL, words
        options = {opt for param in command.params for opt in param.opts if opt.startswith("--")}
        assert not {opt for opt in options - {"--help", "--store"} if opt not in BOTH}, words


def test_every_reason_and_rule_is_explained():
    assert not {reason for reason in Reason if f"`{reason}`" not in MANUAL}
    assert not {rule for rule in Rules.__struct_fields__ if f"`{rule}`" not in MANUAL}
    assert set(ADVICE) <= set(Reason) - set(FOR)


@pytest.mark.parametrize("kind", [Decision, FaceEvidence])
def test_every_key_of_a_decision_is_explained(kind):
    assert not {name for name in kind.__struct_fields__ if f"`{name}`" not in MANUAL and name != "pass_back"}


def test_every_column_stage_and_picture_is_explained():
    assert set(COLUMNS) == set(ImportKind)
    for needed, more in COLUMNS.values():
        assert not {name for name in (*needed, *more) if f"`{name}`" not in MANUAL}
    assert not {name for name in (*c.STAGES, *c.WANTS) if f"`{name}`" not in MANUAL}


def test_every_operation_has_a_method_that_the_manual_names():
    methods = {name for name in vars(Administration) if not name.startswith("_") and name != "call"}
    assert not {name for name in methods if f"`{name}`" not in MANUAL}
    decided = {"access.validate", "access.face", "access.return"}
    assert len(methods) == len({name for name in OPERATIONS if name.startswith("access.")} - decided)


def test_the_defaults_that_the_manual_gives_are_those_of_the_rules():
    rules = Rules()
    policy = MANUAL[MANUAL.index("## The policy") :]
    for name in ("least_age", "face_margin", "false_match_rate", "failures"):
        row = next(line for line in policy.splitlines() if f"`{name}`" in line and line.startswith("| "))
        assert f"{getattr(rules, name):g}" in row


def test_the_contents_lead_to_the_sections():
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line.lower()).replace(" ", "-") for line in re.findall(r"^## (.+)$", MANUAL, re.M)
    }
    assert set(re.findall(r"^\d+\. \[.+?\]\(#(.+?)\)", MANUAL, re.M)) == headings
