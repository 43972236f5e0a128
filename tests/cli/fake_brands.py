"""A service of brands for the command line's tests: the engine itself, with a stand-in for its network, in this process."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.cli.fake_service import Answer, FakeService, Refused
from tests.engine.brand_scenes import engine_in
from visionmq.engine.api import EngineError, Job

OPERATIONS = ("recognize", "learn", "labels", "forget", "report", "calibrate")


class Brands:
    """Answers `brand.*` as the engine does; each request has its own key."""

    def __init__(self, folder: Path) -> None:
        self._engine = engine_in(folder)
        self._asked = 0

    def service(self) -> FakeService:
        """Return a broker that answers."""
        return FakeService({f"brand.{name}": self._answer(f"brand.{name}") for name in OPERATIONS})

    def _answer(self, operation: str) -> Any:
        def answer(params: Any, images: Sequence[bytes]) -> Answer:
            self._asked += 1
            job = Job(params, frames=list(images), key=str(self._asked), request_id=str(self._asked))
            (outcome,) = self._engine.run(operation, [job])
            if isinstance(outcome, EngineError):
                raise Refused(outcome.code, str(outcome))
            return outcome.result, list(outcome.images)

        return answer
