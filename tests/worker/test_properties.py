"""Whatever happens, each lease of a session is answered exactly once."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.worker.test_core import Bench, of, welcome
from visionmq.schemas.messages import Answer, Stop, Who
from visionmq.worker import events as ev


class WorkerMachine(RuleBasedStateMachine):
    """A core between a broker and children that do all they may do, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench(children=2, recycle_jobs=5, max_wait_ms=2).serve()
        self.open: set[int] = set()
        self.loading: list[int] = []
        self.working: dict[int, ev.Work] = {}
        self.seen = len(self.bench.did)

    def look(self) -> None:
        """Take the new actions in as children and broker would."""
        for action in self.bench.did[self.seen :]:
            if isinstance(action, ev.Start):
                self.loading.append(action.child)
            elif isinstance(action, ev.Kill | ev.Retire):
                self.working.pop(action.child, None)
                self.loading = [child for child in self.loading if child != action.child]
            elif isinstance(action, ev.Work):
                assert action.child not in self.working, "a child has one batch at a time"
                assert len({run.op for run, _, _ in action.jobs}) == 1
                assert all(left > 0 for _, left, _ in action.jobs)
                self.working[action.child] = action
            elif isinstance(action, ev.Send) and isinstance(action.message, Answer):
                assert action.message.lease in self.open, "answered twice, or after the session"
                self.open.remove(action.message.lease)
        self.seen = len(self.bench.did)

    @rule(op=st.sampled_from(["one", "many"]), left_ms=st.integers(1, 3000))
    def run_job(self, op: str, left_ms: int) -> None:
        self.open.add(self.bench.lease + 1)
        self.bench.run(op, left_ms)
        self.look()

    @rule(seconds=st.sampled_from([0.001, 0.03, 0.3, 1.0]))
    def pass_time(self, seconds: float) -> None:
        self.bench.hear(welcome())
        self.bench.wait(seconds)
        self.look()

    @rule(which=st.integers(0, 100))
    def stop(self, which: int) -> None:
        if self.open:
            self.bench.hear(Stop(sorted(self.open)[which % len(self.open)]))
            self.look()

    @rule()
    def warm(self) -> None:
        if self.loading:
            self.bench.tell(ev.Warm(self.loading.pop(), (ev.Batchable("one"), ev.Batchable("many", 4))))
            self.look()

    @rule(which=st.integers(0, 10))
    def finish(self, which: int) -> None:
        if self.working:
            work = self.working.pop(sorted(self.working)[which % len(self.working)])
            self.bench.finish(work)
            self.look()

    @rule(which=st.integers(0, 10))
    def crash(self, which: int) -> None:
        if self.working:
            work = self.working.pop(sorted(self.working)[which % len(self.working)])
            self.bench.tell(ev.Gone(work.child, "SIGSEGV"))
            self.look()

    @rule()
    def forget(self) -> None:
        before = self.bench.core.sessions[0].epoch
        self.bench.hear(Who())
        if self.bench.core.sessions[0].epoch != before:
            self.open.clear()
            self.bench.hear(welcome())
        self.look()

    @invariant()
    def what_is_open_is_held(self) -> None:
        assert self.open == set(self.bench.core.sessions[0].held)

    def teardown(self) -> None:
        """Let all deadlines pass: nothing may stay open."""
        for _ in range(8):
            self.pass_time(1.0)
        assert not self.open
        assert not of(self.bench.did, ev.Exit)


WorkerMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestWorker = WorkerMachine.TestCase
