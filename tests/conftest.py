"""What holds for all tests: a worker that one starts never opens the store of the user who runs it."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def store_of_this_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VISIONMQ_STORE", str(tmp_path_factory.mktemp("store") / "store.db"))
        patch.delenv("VISIONMQ_STORE_KEYS", raising=False)
        yield
