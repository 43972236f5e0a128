"""The error tree covers the wire's codes and carries what a caller needs."""

import copy

import pytest

from visionmq.client import errors
from visionmq.client.wire_errors import BY_CODE, from_wire
from visionmq.schemas.errors import TRAITS, ErrorCode, make_error


@pytest.mark.parametrize("code", list(ErrorCode))
def test_every_code_of_the_wire_has_its_class(code: ErrorCode) -> None:
    error = from_wire(make_error(code, "why", retry_after_ms=1500, stage="gate"), "abc")
    assert type(error) is BY_CODE[code]
    assert type(error).__name__.lower() == code.value.replace("_", "")
    assert (error.message, error.request_id, error.retry_after, error.stage) == ("why", "abc", 1.5, "gate")
    assert error.retryable is TRAITS[code].retryable
    assert error.hint == TRAITS[code].hint


@pytest.mark.parametrize("code", list(ErrorCode))
def test_the_tree_in_the_docstring_names_every_class(code: ErrorCode) -> None:
    assert f"{BY_CODE[code].__name__} " in (errors.__doc__ or "")
    assert code.value in (errors.__doc__ or "")


def test_timeouts_and_lost_connections_are_also_the_standard_ones() -> None:
    assert isinstance(errors.Timeout("x"), TimeoutError)
    assert isinstance(errors.DeadlineExceeded("x"), TimeoutError)
    assert isinstance(errors.Unreachable("x"), ConnectionError)


def test_errors_survive_a_process_boundary() -> None:
    error = errors.Busy("full", request_id="r", retry_after=0.5, stage="broker")
    twin = copy.deepcopy(error)
    assert (str(twin), twin.request_id, twin.retry_after, twin.retryable) == (str(error), "r", 0.5, True)
