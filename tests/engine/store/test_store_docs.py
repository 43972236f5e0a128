"""The manual of the store does what it says."""

import re
from pathlib import Path

import msgspec
import pytest
from cryptography.exceptions import InvalidSignature

from tests.engine.store.asking import enroll, forget, template
from tests.engine.store.conftest import Place

MANUAL = (Path(__file__).parents[3] / "docs" / "store.md").read_text()
CHECK, ASK = re.findall(r"```python\n(.*?)```", MANUAL, re.DOTALL)


def test_a_receipt_is_checked_by_the_manuals_own_code(sqlite_place: Place) -> None:
    link = sqlite_place.open()
    enroll(link, "Ada", template(1, 0, 0, 0))
    receipt = msgspec.to_builtins(forget(link, "Ada"))
    names: dict[str, object] = {}
    exec(CHECK.split("check(json.loads")[0], names)
    check = names["check"]
    assert callable(check)
    check(receipt, receipt["public_key"])
    with pytest.raises(InvalidSignature):
        check({**receipt, "templates": 7}, receipt["public_key"])


def test_a_program_asks_the_store_as_the_manual_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(ASK, {})
    assert capsys.readouterr().out == "CollectionList(collections=[])\n"
