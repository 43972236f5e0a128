import subprocess
import sys

import pytest

from visionmq.client.cli import app

COMMANDS = [
    "up", "demo", "ping", "info", "workers", "queues", "pause", "resume", "drain", "purge", "dead", "logs",
    "schema", "doctor", "document", "document read", "document masks", "document make", "document learn",
    "register", "register pair", "register warp", "register stitch",
    "face", "face verify", "face identify", "face detect", "face encode", "face enroll", "face subjects",
    "face collections", "face forget", "face calibrate", "face challenge", "face respond",
    "access", "access validate", "access face", "access return", "access nonce", "access book", "access bookings",
    "access cancel", "access import", "access policy", "access user", "access user add", "access user list",
    "access user edit", "access user password", "access user unlock", "access user forget", "access car",
    "access car add", "access car list", "access car edit", "access car key", "access car remove", "access engineer",
    "access engineer add", "access engineer remove", "access engineer assign", "access engineer unassign",
    "access engineer list", "case", "case verify", "audit", "audit verify", "audit list", "audit head",
    "brand", "brand learn", "brand find", "brand labels", "brand collections", "brand forget", "brand report", "brand calibrate",
    "store", "store info", "store rekey", "store receipt", "store export", "store import",
    "keys", "keys init", "keys new", "keys list", "keys revoke",
]  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS)
def test_each_command_explains_itself_with_an_example(visionmq, words):
    found = visionmq(*words.split(), "--help")
    assert found.code == 0
    assert f"visionmq {words.split()[0]}" in found.out
    assert "Examples:" in found.out
    assert "$ visionmq" in found.out


def test_the_list_above_names_every_command():
    tree = app.command()
    known = {word.split()[0] for word in COMMANDS} | {"broker", "worker"}
    assert set(tree.commands) == known


def test_the_first_help_names_the_exit_codes(visionmq):
    found = visionmq("--help")
    assert found.code == 0
    for word in ("nobody answered", "refused", "timed out", "interrupted"):
        assert word in " ".join(found.out.split())


@pytest.mark.parametrize("part", ["broker", "worker"])
def test_programs_show_their_own_help(program, part):
    pytest.importorskip(f"visionmq.{part}.__main__")
    found = program(part, "--help")
    assert found.code == 0
    assert "--exit-with-parent" in found.out


def test_the_version_is_printed(visionmq):
    from visionmq.wire import VERSION

    assert visionmq("--version").out.strip() == VERSION


@pytest.mark.parametrize("words", [["bogus"], ["ping", "--bogus"], ["document", "read"], ["logs", "--tail", "0"]])
def test_a_wrong_command_line_is_one_line_and_a_hint(visionmq, words):
    found = visionmq(*words)
    assert found.code == 2
    assert found.err.startswith("error: ")
    assert "\nhint: " in found.err
    assert "Traceback" not in found.err


def test_starting_imports_no_vision_library():
    code = "import sys; from visionmq.client.cli import app; print({'numpy', 'cv2', 'PIL'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
