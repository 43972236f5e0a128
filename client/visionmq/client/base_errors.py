"""The root of all our exceptions, and its three branches: the caller's, the service's, and this side's own."""

from typing import Any, ClassVar

from visionmq.schemas.errors import TRAITS, ErrorCode


class VisionMQError(Exception):
    """A request has failed; `message` says why and `hint` what to do next."""

    code: ClassVar[ErrorCode | None] = None
    """The code on the wire; None for what this side found out itself."""

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        request_id: str | None = None,
        retryable: bool | None = None,
        stage: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        trait = TRAITS[self.code] if self.code is not None else None
        self.message = message
        self.hint = hint if hint is not None else (trait.hint if trait else "")
        self.request_id = request_id
        self.retryable = retryable if retryable is not None else (trait.retryable if trait else False)
        """Whether the same request may succeed later."""
        self.stage = stage
        """Where it happened: `client`, `broker`, `worker`, `gate`, `decode` or the engine's name."""
        self.retry_after = retry_after
        """Seconds to wait before asking again; None where the service did not say."""

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()

    def __reduce__(self) -> tuple[Any, ...]:
        named = ("hint", "request_id", "retryable", "stage", "retry_after")
        return _rebuild, (type(self), self.message, {name: getattr(self, name) for name in named})


def _rebuild(kind: type[VisionMQError], message: str, named: dict[str, Any]) -> VisionMQError:
    return kind(message, **named)


class CallerError(VisionMQError):
    """The request, the key or the rate is not acceptable."""


class ServiceError(VisionMQError):
    """The service could not do what was asked."""


class LocalError(VisionMQError):
    """Found out on this side, without a word from the service."""
