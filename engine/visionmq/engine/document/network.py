"""Our networks on ONNX Runtime, one thread each: parallelism is the business of worker processes."""

import os
from typing import Any

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # else the wheel starts threads and keeps a database of events in ~/.cache
import onnxruntime

from visionmq.engine.api import EngineError
from visionmq.schemas.errors import ErrorCode


def open_model(model: bytes, name: str) -> Any:
    """Return a session of an ONNX model; raise EngineError(ENGINE_UNAVAILABLE) if it is none."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime's errors share no base of their own
        message = f"The model {name} cannot be opened: {type(error).__name__}."
        hint = "Install visionmq[worker] again."
        raise EngineError(ErrorCode.ENGINE_UNAVAILABLE, message, hint=hint) from error
