"""The checker must see what the campaigns look for: else they prove nothing."""

import socket
import threading

from tests.faults.ledger import DONE, Entry, Ledger
from tests.faults.proxy import Proxy


def ledger(*outcomes: str, starts: tuple[float, ...] = (1.0,), attempt: int = 1) -> Ledger:
    made = Ledger()
    made.entries["r"] = Entry("r", "test.sha256", "f", DONE, sent=0.0, deadline=10.0, attempt=attempt)
    made.entries["r"].outcomes += [(name, 2.0) for name in outcomes]
    made.starts += [("r", at) for at in starts]
    return made


def first(made: Ledger) -> str:
    return made.violations()[0]


def test_one_done_outcome_is_no_violation() -> None:
    assert ledger("done").violations() == []
    assert ledger("done", starts=(1.0, 1.5)).violations() == []


def test_a_lost_request_is_seen() -> None:
    assert first(ledger()).startswith("lost")


def test_a_second_outcome_is_seen() -> None:
    assert first(ledger("done", "done")).startswith("2 outcomes")


def test_an_outcome_that_is_not_allowed_is_seen() -> None:
    assert first(ledger("internal")).startswith("wrong outcome internal")


def test_a_wrong_result_is_seen() -> None:
    made = ledger("done")
    made.entries["r"].wrong = "answered 'g', not 'f'"
    assert "answered 'g'" in first(made)


def test_a_late_start_is_seen() -> None:
    assert "after its deadline" in first(ledger("done", starts=(1.0, 11.0)))


def test_a_fourth_attempt_is_seen() -> None:
    assert first(ledger("done", attempt=4)).startswith("4 attempts")


def test_a_start_that_nobody_asked_for_is_seen() -> None:
    made = ledger("done")
    made.starts.append(("ghost", 1.0))
    assert first(made) == "unknown request started: ghost"
    assert made.violations(strangers=True) == []


def test_a_cut_proxy_holds_bytes_and_delivers_them_after_the_heal() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, Proxy(server.getsockname()) as proxy:
        port = int(proxy.endpoint.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as below, server.accept()[0] as above:
            below.sendall(b"one")
            assert above.recv(16) == b"one"
            proxy.cut(down=False)
            below.sendall(b"two")
            above.sendall(b"back")
            assert below.recv(16) == b"back"
            threading.Timer(0.2, proxy.heal).start()
            assert above.recv(16) == b"two"
