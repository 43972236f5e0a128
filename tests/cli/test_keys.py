import stat
from pathlib import Path

import pytest

from visionmq.wire.keys import KeyRing, Role, read_identity


@pytest.fixture
def folder(tmp_path: Path, visionmq) -> Path:
    folder = tmp_path / "keys"
    assert visionmq("keys", "init", "--folder", folder).code == 0
    return folder


def test_secrets_can_be_read_by_their_owner_only(folder, visionmq):
    assert visionmq("keys", "new", "laptop", "--folder", folder).code == 0
    for name in ("broker.key", "laptop.key"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def test_a_new_key_is_granted_and_knows_the_broker(folder, visionmq):
    found = visionmq("keys", "new", "gpu", "--role", "worker", "--rate", "20 per day", "--folder", folder)
    assert found.code == 0
    assert "visionmq worker --broker" in found.out
    identity = read_identity(folder / "gpu.key")
    assert identity.server == read_identity(folder / "broker.key").public
    grant = KeyRing(folder).grant(identity.public)
    assert grant is not None
    assert (grant.role, grant.rates, grant.operations) == (Role.WORKER, ["20 per day"], ["*"])


def test_no_secret_is_ever_printed(folder, visionmq):
    printed = (
        visionmq("keys", "new", "laptop", "--folder", folder).out + visionmq("keys", "list", "--folder", folder).out
    )
    assert read_identity(folder / "laptop.key").secret not in printed
    assert read_identity(folder / "broker.key").secret not in printed


def test_a_revoked_key_is_known_no_more(folder, visionmq):
    visionmq("keys", "new", "laptop", "--folder", folder)
    public = read_identity(folder / "laptop.key").public
    assert visionmq("keys", "revoke", "laptop", "--folder", folder).code == 0
    assert KeyRing(folder).grant(public) is None
    assert visionmq("keys", "revoke", "laptop", "--folder", folder).code == 2


def test_nothing_is_overwritten(folder, visionmq):
    visionmq("keys", "new", "laptop", "--folder", folder)
    before = (folder / "laptop.key").read_bytes()
    assert visionmq("keys", "new", "laptop", "--folder", folder).code == 2
    assert visionmq("keys", "init", "--folder", folder).code == 2
    assert (folder / "laptop.key").read_bytes() == before


@pytest.mark.parametrize("name", ["../evil", "broker", ".hidden", "a b", "", "x" * 65])
def test_names_that_are_no_file_names_are_refused(folder, visionmq, name):
    assert visionmq("keys", "new", name, "--folder", folder).code == 2
    assert sorted(path.name for path in folder.iterdir()) == ["authorized", "broker.key"]


def test_the_folder_comes_from_the_environment(tmp_path, visionmq, monkeypatch):
    monkeypatch.setenv("VISIONMQ_KEYS", str(tmp_path / "elsewhere"))
    assert visionmq("keys", "init").code == 0
    assert (tmp_path / "elsewhere" / "broker.key").exists()


def test_a_key_without_a_broker_says_what_to_do_first(tmp_path, visionmq):
    found = visionmq("keys", "new", "laptop", "--folder", tmp_path / "none")
    assert found.code == 2
    assert "keys init" in found.err


def test_a_key_file_that_others_can_read_is_refused(folder, visionmq, nobody):
    visionmq("keys", "new", "laptop", "--folder", folder)
    key = folder / "laptop.key"
    key.chmod(0o644)
    found = visionmq("doctor", "--key", key, "-b", nobody)
    assert found.code == 1
    assert f"chmod 600 {key}" in found.out
    found = visionmq("--key", key, "-b", nobody, "ping")
    assert found.code != 0
    assert "chmod 600" in found.err
