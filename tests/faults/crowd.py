"""A client process to be killed: `python -m tests.faults.crowd ENDPOINT REQUESTS SECONDS`."""

import json
import sys

from visionmq.client import PATIENT, Client


def main(endpoint: str, requests: int, seconds: float) -> None:
    """Send the requests, say so, and stay until standard input ends."""
    with Client(endpoint, timeout=600.0, retries=PATIENT, connect_seconds=10.0) as client:
        futures = [client.submit("test.sleep", {"seconds": seconds}) for _ in range(requests)]
        print(json.dumps({"event": "sent", "requests": len(futures)}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
