"""The worker's core alone: no socket, no process, no clock."""

from collections.abc import Sequence

import msgspec
import pytest

from visionmq.schemas.messages import (
    Answer,
    Bye,
    Credit,
    Drain,
    Heartbeat,
    Log,
    Progress,
    Ready,
    Run,
    State,
    Stop,
    Welcome,
    Who,
)
from visionmq.worker import events as ev
from visionmq.worker.core import Core
from visionmq.worker.settings import Settings

OPERATIONS = (ev.Batchable("one"), ev.Batchable("many", 4))
OK = ev.Outcome(True)


class Bench:
    """A core, a clock in hand, and all it has done so far."""

    def __init__(self, children: int = 1, brokers: int = 1, **settings: object) -> None:
        names = tuple(f"tcp://127.0.0.1:{n + 1}" for n in range(brokers))
        self.core = Core(Settings(brokers=names, children=children, name="w", **settings), "inc")  # type: ignore[arg-type]
        self.now = 100.0
        self.did: list[ev.Action] = []
        self.lease = 0

    def tell(self, event: ev.Event) -> list[ev.Action]:
        done = self.core.handle(event, self.now)
        self.did += done
        return done

    def hear(self, message: object, frames: Sequence[bytes] = (), broker: int = 0) -> list[ev.Action]:
        return self.tell(ev.Heard(broker, message, frames))  # type: ignore[arg-type]

    def wait(self, seconds: float) -> list[ev.Action]:
        self.now += seconds
        return self.tell(ev.Tick())

    def warm(self, done: Sequence[ev.Action]) -> None:
        for action in of(done, ev.Start):
            self.tell(ev.Warm(action.child, OPERATIONS, ["e/1"]))

    def serve(self) -> "Bench":
        """Bring it to where brokers have welcomed it."""
        self.warm(self.wait(0))
        for broker in range(len(self.core.sessions)):
            self.hear(welcome(), broker=broker)
        return self

    def run(self, op: str = "one", left_ms: int = 60_000, broker: int = 0, **fields: object) -> int:
        self.lease += 1
        run = Run(self.lease, f"r{self.lease}", op, left_ms, **fields)  # type: ignore[arg-type]
        self.hear(run, [b"{}"], broker)
        return self.lease

    def work(self) -> ev.Work:
        return of(self.did, ev.Work)[-1]

    def finish(self, work: ev.Work | None = None, **fields: float) -> list[ev.Action]:
        work = work or self.work()
        return self.tell(ev.Finished(work.child, [(OK, [b"{}"])] * len(work.jobs), **fields))

    def answers(self) -> dict[int, Answer]:
        found = [action.message for action in of(self.did, ev.Send) if isinstance(action.message, Answer)]
        by_lease = {answer.lease: answer for answer in found}
        assert len(by_lease) == len(found), "a lease was answered twice"
        return by_lease

    def code(self, lease: int) -> str | None:
        return self.answers()[lease].code


def of(actions, kind):  # type: ignore[no-untyped-def]
    return [action for action in actions if isinstance(action, kind)]


def sent(actions, kind):  # type: ignore[no-untyped-def]
    return [action.message for action in of(actions, ev.Send) if isinstance(action.message, kind)]


def leases(work: ev.Work) -> list[int]:
    return [run.lease for run, _, _ in work.jobs]


def welcome(instance: str = "one") -> Welcome:
    return Welcome(1, instance, "b/1", 500, 2000)


# ---- announcing ---------------------------------------------------------------------------


def test_it_announces_itself_only_when_all_children_are_warm() -> None:
    bench = Bench(children=2)
    first, second = of(bench.wait(0), ev.Start)
    assert not bench.tell(ev.Warm(first.child, OPERATIONS))
    (ready,) = sent(bench.tell(ev.Warm(second.child, OPERATIONS)), Ready)
    assert (ready.ops, ready.credit) == (["many", "one"], 2)
    (announce,) = of(bench.hear(welcome()), ev.Announce)
    assert announce == ev.Announce(2, ["many", "one"])


def test_an_announcement_without_welcome_is_repeated() -> None:
    bench = Bench()
    bench.warm(bench.wait(0))
    assert not sent(bench.wait(0.9), Ready)
    assert sent(bench.wait(0.2), Ready)


def test_heartbeats_come_within_the_interval_of_the_welcome() -> None:
    bench = Bench().serve()
    beats = [bool(sent(bench.wait(0.1), Heartbeat)) for _ in range(10)]
    assert sum(beats) >= 2
    assert beats.index(True) < 5


@pytest.mark.parametrize("message", [Who(), Heartbeat(instance="two"), welcome("two")])
def test_a_broker_that_forgot_us_gets_a_new_announcement_and_no_old_answers(message: object) -> None:
    bench = Bench().serve()
    bench.wait(0.3)
    bench.run()
    bench.run()
    assert sent(bench.hear(message), Ready)
    bench.hear(welcome("two"))
    bench.finish()
    assert not bench.answers()
    assert not len(bench.core.crew.queue)


def test_several_who_in_a_row_mean_one_announcement() -> None:
    bench = Bench().serve()
    bench.wait(0.3)
    assert sent(bench.hear(Who()), Ready)
    assert not sent(bench.hear(Who()), Ready)


def test_a_silent_broker_is_connected_to_anew() -> None:
    bench = Bench().serve()
    assert not of(bench.wait(3.9), ev.Reconnect)
    done = bench.wait(0.2)
    assert of(done, ev.Reconnect)
    assert sent(done, Ready)


def test_each_broker_has_its_own_session_and_leases() -> None:
    bench = Bench(brokers=2).serve()
    bench.hear(Run(7, "a", "one", 9000), [b""], 0)
    bench.hear(Run(7, "b", "one", 9000), [b""], 1)
    bench.finish()
    bench.finish()
    assert [action.broker for action in of(bench.did, ev.Send) if isinstance(action.message, Answer)] == [0, 1]


# ---- running ------------------------------------------------------------------------------


def test_jobs_run_in_order_of_arrival() -> None:
    bench = Bench().serve()
    order = [bench.run() for _ in range(3)]
    ran = []
    for _ in order:
        ran += leases(bench.work())
        bench.finish()
    assert ran == order
    assert {answer.state for answer in bench.answers().values()} == {State.DONE}


def test_waiting_jobs_of_a_batchable_operation_share_a_call() -> None:
    bench = Bench().serve()
    bench.run()
    many = [bench.run("many") for _ in range(6)]
    bench.finish()
    assert leases(bench.work()) == many[:4]
    bench.finish()
    assert leases(bench.work()) == many[4:]


def test_a_lone_job_waits_for_company_no_longer_than_allowed() -> None:
    bench = Bench(max_wait_ms=5).serve()
    bench.run("many")
    assert not of(bench.did, ev.Work)
    other = bench.run("one")
    assert leases(bench.work()) == [other], "others pass the one that waits for company"
    bench.finish()
    assert bench.core.wake_at(bench.now) <= bench.now + 0.005
    bench.wait(0.006)
    assert leases(bench.work()) == [1]


def test_an_operation_that_is_not_served_is_refused() -> None:
    bench = Bench().serve()
    assert bench.code(bench.run("other")) == "unknown_operation"


def test_frames_that_are_not_those_named_are_refused() -> None:
    bench = Bench().serve()
    assert bench.code(bench.run(images=3)) == "internal"


def test_progress_goes_out_only_where_it_is_wanted() -> None:
    bench = Bench().serve()
    bench.run(updates=True)
    assert sent(bench.tell(ev.Reported(bench.work().child, 0, [b"{}"])), Progress)
    assert not bench.tell(ev.Reported(bench.work().child, 5, [b"{}"]))
    bench.finish()
    bench.run()
    assert not bench.tell(ev.Reported(bench.work().child, 0, [b"{}"]))


# ---- time ---------------------------------------------------------------------------------


def test_waiting_work_is_not_started_after_its_deadline() -> None:
    bench = Bench().serve()
    bench.run()
    late = bench.run(left_ms=100)
    bench.wait(0.2)
    assert bench.code(late) == "deadline_exceeded"
    bench.finish()
    assert len(of(bench.did, ev.Work)) == 1


def test_work_that_became_late_between_two_looks_is_not_started_either() -> None:
    bench = Bench().serve()
    bench.run()
    late = bench.run(left_ms=10)
    bench.now += 0.02
    bench.finish()
    assert bench.code(late) == "deadline_exceeded"
    assert len(of(bench.did, ev.Work)) == 1


@pytest.mark.parametrize(("left_ms", "job_seconds"), [(1000, 60.0), (60_000, 1.0)])
def test_a_job_over_its_time_costs_its_child(left_ms: int, job_seconds: float) -> None:
    bench = Bench(job_seconds=job_seconds).serve()
    lease = bench.run(left_ms=left_ms)
    assert bench.core.wake_at(bench.now) <= bench.now + 1.0
    done = bench.wait(1.01)
    assert of(done, ev.Kill)
    assert of(done, ev.Start), "the next child starts at once: the fault was the job's"
    assert bench.code(lease) == "deadline_exceeded"


def test_jobs_beside_a_late_one_run_again_alone() -> None:
    bench = Bench().serve()
    bench.run()
    late, good, fine = bench.run("many", left_ms=500), bench.run("many"), bench.run("many")
    bench.finish()
    assert leases(bench.work()) == [late, good, fine]
    bench.warm(bench.wait(0.6))
    assert bench.code(late) == "deadline_exceeded"
    for lease in (good, fine):
        assert leases(bench.work()) == [lease]
        bench.finish()


# ---- stopping -----------------------------------------------------------------------------


def test_waiting_work_is_cancelled_at_once() -> None:
    bench = Bench().serve()
    bench.run()
    lease = bench.run()
    bench.hear(Stop(lease))
    assert bench.answers()[lease].state is State.CANCELLED


def test_running_work_is_killed_after_a_moment() -> None:
    bench = Bench().serve()
    lease = bench.run()
    bench.hear(Stop(lease))
    assert of(bench.wait(0.06), ev.Kill)
    assert bench.answers()[lease].state is State.CANCELLED


def test_running_work_that_was_quicker_is_done() -> None:
    bench = Bench().serve()
    lease = bench.run()
    bench.hear(Stop(lease))
    bench.finish()
    assert bench.answers()[lease].state is State.DONE
    assert not of(bench.wait(0.1), ev.Kill)


def test_stopping_an_unknown_lease_is_nothing() -> None:
    assert not Bench().serve().hear(Stop(99))


# ---- children that die --------------------------------------------------------------------


@pytest.mark.parametrize(("memory", "code"), [(False, "engine_crashed"), (True, "out_of_memory")])
def test_a_dead_childs_only_job_is_the_culprit(memory: bool, code: str) -> None:
    bench = Bench().serve()
    lease = bench.run()
    bench.tell(ev.Gone(bench.work().child, "SIGSEGV", memory))
    assert bench.code(lease) == code
    frames = next(a.frames for a in of(bench.did, ev.Send) if isinstance(a.message, Answer))
    assert "SIGSEGV" in msgspec.json.decode(frames[0])["message"]


def test_of_a_batch_each_runs_again_alone_until_the_culprit_is_found() -> None:
    bench = Bench().serve()
    bench.run()
    batch = [bench.run("many") for _ in range(3)]
    bench.finish()
    bench.tell(ev.Gone(bench.work().child, "SIGSEGV"))
    bench.warm(bench.wait(0.2))
    for lease in batch:
        assert leases(bench.work()) == [lease]
        if lease == batch[1]:
            bench.tell(ev.Gone(bench.work().child, "SIGSEGV"))
            bench.warm(bench.wait(0.2))
        else:
            bench.finish()
    assert [bench.code(lease) for lease in batch] == [None, "engine_crashed", None]


def test_a_child_that_keeps_dying_is_restarted_ever_more_slowly() -> None:
    bench = Bench().serve()
    pauses = []
    child = bench.core.crew.pool.idle[0].number
    for _ in range(8):
        bench.tell(ev.Gone(child, "status 1"))
        pauses.append(round(bench.core.crew.pool.next_start() - bench.now, 3))
        (start,) = of(bench.wait(pauses[-1]), ev.Start)
        child = start.child
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    bench.tell(ev.Warm(child, OPERATIONS))
    bench.run()
    bench.finish()
    bench.tell(ev.Gone(child, "status 1"))
    assert bench.core.crew.pool.next_start() - bench.now == pytest.approx(0.1)


def test_news_of_a_killed_child_is_nothing() -> None:
    bench = Bench().serve()
    lease = bench.run(left_ms=100)
    work = bench.work()
    bench.wait(0.2)
    bench.finish(work)
    bench.tell(ev.Gone(work.child, "SIGKILL", True))
    assert bench.code(lease) == "deadline_exceeded"


def test_a_child_with_other_numbers_of_answers_is_not_trusted() -> None:
    bench = Bench().serve()
    lease = bench.run()
    done = bench.tell(ev.Finished(bench.work().child, []))
    assert of(done, ev.Kill)
    assert bench.code(lease) == "engine_crashed"


def test_without_any_engine_the_worker_ends() -> None:
    bench = Bench()
    (start,) = of(bench.wait(0), ev.Start)
    assert of(bench.tell(ev.Broken(start.child, "no model")), ev.Exit) == [ev.Exit(1, "no model")]


@pytest.mark.parametrize("worn", [{"recycle_jobs": 1}, {"recycle_mb": 100}])
def test_a_worn_child_is_replaced(worn: dict[str, int]) -> None:
    bench = Bench(**worn).serve()
    bench.run()
    done = bench.finish(grown_mb=150.0)
    assert of(done, ev.Retire)
    assert of(done, ev.Start)
    assert len(bench.answers()) == 1


def test_a_child_that_has_lost_what_it_shares_is_replaced_even_where_another_is() -> None:
    bench = Bench(children=2).serve()
    bench.run()
    done = bench.finish(lost=True)
    assert of(done, ev.Retire)
    assert of(done, ev.Start)
    assert len(bench.answers()) == 1


# ---- credit -------------------------------------------------------------------------------


def test_credit_is_none_without_a_usable_child() -> None:
    bench = Bench().serve()
    bench.run()
    assert [m.credit for m in sent(bench.tell(ev.Gone(bench.work().child, "x")), Credit)] == [0]
    bench.wait(0.2)
    bench.warm(of(bench.did, ev.Start)[-1:])
    assert sent(bench.did, Credit)[-1].credit == 1


def test_credit_grows_for_short_jobs_and_shrinks_for_long_ones() -> None:
    bench = Bench().serve()
    for _ in range(20):
        bench.run()
        bench.now += 0.001
        bench.finish()
    short = sent(bench.did, Credit)[-1].credit
    assert 8 <= short <= 1 + 10 + 3
    for _ in range(20):
        bench.run()
        bench.now += 0.3
        bench.finish()
    assert sent(bench.did, Credit)[-1].credit == 1


def test_slow_jobs_share_calls_where_the_worker_may_hold_work_ahead() -> None:
    bench = Bench(ahead_ms=2000).serve()
    for _ in range(20):
        bench.run("many")
        bench.now += 0.3
        bench.finish()
    assert sent(bench.did, Credit)[-1].credit == 1 + 6 + 3, "two seconds of work, and room for a whole call"


def test_small_changes_of_credit_are_not_told() -> None:
    bench = Bench().serve()
    for n in range(200):
        bench.run()
        bench.now += 0.00100 + 0.00005 * (n % 2)
        bench.finish()
    assert len(sent(bench.did, Credit)) <= 3


# ---- leaving ------------------------------------------------------------------------------


def test_draining_finishes_what_is_held_then_ends() -> None:
    bench = Bench().serve()
    bench.run()
    bench.run()
    assert sent(bench.tell(ev.Leave()), Drain)
    bench.finish()
    assert not of(bench.did, ev.Exit)
    done = bench.finish()
    assert sent(done, Bye)
    assert of(done, ev.Exit) == [ev.Exit(0, "drained")]
    assert len(bench.answers()) == 2


def test_a_worker_without_work_leaves_at_once() -> None:
    assert of(Bench().serve().tell(ev.Leave()), ev.Exit)[0].status == 0
    assert of(Bench().tell(ev.Leave()), ev.Exit)[0].status == 0


def test_a_second_request_to_leave_is_obeyed_at_once() -> None:
    bench = Bench().serve()
    bench.run()
    bench.tell(ev.Leave())
    assert of(bench.tell(ev.Leave()), ev.Exit)[0].status == 143


def test_one_broker_may_drain_while_another_is_served() -> None:
    bench = Bench(brokers=2).serve()
    assert sent(bench.hear(Drain(), broker=0), Bye)
    assert not of(bench.did, ev.Exit)
    bench.run(broker=1)
    bench.finish()
    assert of(bench.hear(Drain(), broker=1), ev.Exit)


def test_warnings_go_to_all_brokers() -> None:
    bench = Bench(brokers=2).serve()
    assert len(sent(bench.tell(ev.Warned(["{}"])), Log)) == 2


def test_a_child_that_never_gets_warm_is_replaced() -> None:
    bench = Bench()
    bench.wait(0)
    done = bench.wait(bench.core.wake_at(bench.now) - bench.now)
    assert of(done, ev.Kill)
    assert of(bench.wait(0.2), ev.Start)


def test_one_child_that_cannot_start_does_not_keep_the_others_from_work() -> None:
    bench = Bench(children=2)
    first, second = of(bench.wait(0), ev.Start)
    bench.tell(ev.Warm(first.child, OPERATIONS))
    (ready,) = sent(bench.tell(ev.Gone(second.child, "status 1")), Ready)
    assert ready.credit == 1


def test_a_lease_that_may_have_lain_in_a_buffer_is_not_started_after_its_deadline() -> None:
    bench = Bench().serve()
    bench.now += 1.5  # we were stopped, or the network was: nothing came
    stale, fresh = bench.run(left_ms=1_000), bench.run(left_ms=2_000)
    assert bench.code(stale) == "deadline_exceeded"
    assert leases(bench.work()) == [fresh]
    bench.finish()
    bench.now += 0.5
    bench.run(left_ms=1_000)
    assert leases(bench.work()) == [bench.lease]
