"""What the commands say when there is no broker, or something else in its place."""

import socket

import pytest


@pytest.mark.parametrize("words", [["ping"], ["info"], ["workers"], ["queues"], ["logs"], ["drain", "w"]])
def test_nobody_there_is_exit_code_3(visionmq, nobody, words):
    found = visionmq(*words, "-b", nobody)
    assert found.code == 3
    assert nobody in found.err
    assert found.err.startswith("error: ")
    assert "\nhint: " in found.err


def test_the_address_comes_from_the_environment_and_the_command_line_wins(visionmq, nobody, monkeypatch):
    monkeypatch.setenv("VISIONMQ_BROKER", nobody)
    assert nobody in visionmq("ping").err
    other = "tcp://127.0.0.1:9"
    assert other in visionmq("-b", other, "ping").err
    assert other in visionmq("ping", "-b", other).err


def test_a_batch_ends_at_once_if_nobody_is_there(visionmq, nobody, tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    found = visionmq("document", tmp_path, "-b", nobody, "--jsonl", "-o", tmp_path / "out.jsonl")
    assert found.code == 3
    assert (tmp_path / "out.jsonl").read_bytes() == b""


def test_doctor_is_content_with_this_installation(visionmq):
    found = visionmq("doctor")
    assert found.code == 0
    assert "Python" in found.out
    assert "5760" in found.out


def test_doctor_says_that_nobody_answers(visionmq, nobody):
    found = visionmq("doctor", "-b", nobody)
    assert found.code == 1
    assert "nobody answers" in found.out
    assert "visionmq up" in found.out


def test_doctor_knows_what_is_no_address(visionmq):
    found = visionmq("doctor", "-b", "localhost")
    assert found.code == 1
    assert "tcp://HOST:5760" in found.out


def test_doctor_is_not_held_up_by_what_never_answers(visionmq):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        found = visionmq("doctor", "-b", f"tcp://127.0.0.1:{mute.getsockname()[1]}")
    assert found.code == 1
    assert "does not answer" in found.out


def test_doctor_warns_of_secrets_that_others_can_read(visionmq, tmp_path, nobody):
    folder = tmp_path / "keys"
    visionmq("keys", "init", "--folder", folder)
    (folder / "broker.key").chmod(0o640)
    found = visionmq("doctor", "--keys", folder, "-b", nobody)
    assert "chmod 600" in found.out


def test_a_light_installation_says_what_to_install_instead_of_starting_a_worker_without_engines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from visionmq.client.cli import options, programs
    from visionmq.client.cli.failures import Failure

    monkeypatch.setattr(programs, "find_spec", lambda name: None)
    with pytest.raises(Failure, match="numpy"):
        options.connect_or_embed(options.Settings())
