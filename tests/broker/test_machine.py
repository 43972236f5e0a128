"""Random lives of a broker: whatever peers do, each accepted request ends exactly once."""

from collections import Counter

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.broker.bench import Bench, Sent, make_request, recount, runs, terminal
from visionmq.broker import events as e
from visionmq.schemas import messages as m

CLIENTS = st.sampled_from(["c1", "c2", "c3", "c4"])
WORKERS = st.sampled_from(["w1", "w2", "w3", "w4"])
OPS = ("op.a", "op.b", "op.c")
IDS = st.sampled_from([f"r{number}" for number in range(12)])


class Life(RuleBasedStateMachine):
    """Peers act at random; the model knows only which requests were accepted and which ended."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench(
            stored_seconds=20.0,
            stored_replies=8,
            max_waiting=12,
            max_waiting_per_client=8,
            max_waiting_bytes=2_000,
            dead_letters=3,
            unread_bytes=1_000,
        )
        self.leases: list[Sent] = []
        self.open: set[str] = set()
        self.ended: Counter[str] = Counter()
        self.lives: Counter[str] = Counter()
        self.deferrals = 0

    # ---- the model -------------------------------------------------------------------------

    def take(self, sent: list[Sent], *, asked: frozenset[str] = frozenset()) -> None:
        """Learn from what the broker sent; `asked` are ids whose stored reply may come again."""
        core = self.bench.broker
        for run in runs(sent):
            ticket = core.requests.open.get(run.message.id)
            assert run.message.attempt <= 1 + len(ticket.workers if ticket else ()) or ticket is None
            if ticket is not None and ticket.lease == run.message.lease:
                assert ticket.deadline > self.bench.now, "started after its deadline"
                assert run.peer.encode() in core.workers.by_peer
        self.leases += runs(sent)
        for reply in terminal(sent):
            if reply.message.id not in self.open:
                assert reply.message.id in asked, f"{reply.message.id} ended twice"
        gone = self.open - set(core.requests.open)
        for request_id in gone:
            self.open.discard(request_id)
            self.ended[request_id] += 1
        assert not set(core.requests.open) - self.open, "a request came from nowhere"
        replied = Counter(reply.message.id for reply in terminal(sent))
        assert all(replied[request_id] <= 1 for request_id in gone), "ended with several replies"
        untold = [request_id for request_id in gone if not replied[request_id]]
        kept_back, self.deferrals = core.ledger.deferred - self.deferrals, core.ledger.deferred
        assert len(untold) <= kept_back, f"{untold} ended without a word"

    def deferred(self, peer: str) -> frozenset[str]:
        """Return ids whose replies were kept back for this client."""
        client = self.bench.broker.clients.by_peer.get(peer.encode())
        return frozenset(client.deferred) if client else frozenset()

    # ---- clients ---------------------------------------------------------------------------

    @rule(
        peer=CLIENTS,
        request_id=IDS,
        op=st.sampled_from(OPS),
        left=st.sampled_from([1, 40, 700, 5_000, 3_600_000]),
        priority=st.sampled_from(list(m.Priority)),
        updates=st.booleans(),
        size=st.sampled_from([2, 400]),
    )
    def ask(self, peer, request_id, op, left, priority, updates, size) -> None:
        """Ask, perhaps again, perhaps with other content."""
        core = self.bench.broker
        known = request_id in core.requests.open or request_id in core.stored.by_key
        accepted = core.ledger.accepted
        asked = self.deferred(peer) | {request_id}
        request = make_request(request_id, op, left_ms=left, priority=priority, updates=updates)
        sent = self.bench.client(peer, request, b"{}".ljust(size))
        if core.ledger.accepted > accepted:
            assert not known, "a repeat was run again"
            self.lives[request_id] += 1
            self.open.add(request_id)
        elif not known:
            assert [reply.message.state for reply in terminal(sent) if reply.message.id == request_id][-1:] == [
                m.State.FAILED
            ], "neither accepted nor refused"
        self.take_repeat(sent, asked)

    def take_repeat(self, sent: list[Sent], asked: frozenset[str]) -> None:
        """Leave refusals (they say so in `code`) out of the count, then learn."""
        refusals = {"conflict", "busy", "no_worker", "unknown_operation", "shutting_down"}
        kept = []
        for one in sent:
            is_failed = isinstance(one.message, m.Reply) and one.message.state is m.State.FAILED
            refused = is_failed and one.message.id in asked and one.body.get("code") in refusals
            if not refused:
                kept.append(one)
        self.take(kept, asked=asked)

    @rule(peer=CLIENTS, request_id=IDS)
    def cancel(self, peer, request_id) -> None:
        """Cancel something, known or not."""
        asked = self.deferred(peer) | {request_id}
        sent = self.bench.client(peer, m.Cancel(id=request_id))
        self.take(sent, asked=asked)
        assert request_id not in self.bench.broker.requests.open

    @rule(peer=CLIENTS, request_ids=st.lists(IDS, max_size=5))
    def check(self, peer, request_ids) -> None:
        """Ask after some; what is open is silent, and now belongs to who asked."""
        asked = self.deferred(peer) | frozenset(request_ids)
        self.take(self.bench.client(peer, m.Check(ids=request_ids)), asked=asked)

    @rule(peer=CLIENTS, leave=st.booleans())
    def speak(self, peer, leave) -> None:
        """Say that it is there, or that it leaves."""
        asked = self.deferred(peer)
        self.take(self.bench.client(peer, m.Bye() if leave else m.Heartbeat()), asked=asked)

    @rule(peer=CLIENTS, full=st.booleans())
    def fail_to_reach(self, peer, full) -> None:
        """A reply found no connection, or a full one."""
        kind = e.ClientStalled if full else e.ClientUnreachable
        self.take(self.bench.handle(kind(peer.encode(), ())))

    # ---- workers ---------------------------------------------------------------------------

    @rule(
        peer=WORKERS,
        ops=st.lists(st.sampled_from(OPS), min_size=1, unique=True),
        credit=st.integers(0, 4),
        incarnation=st.sampled_from(["x", "y", "z"]),
    )
    def announce(self, peer, ops, credit, incarnation) -> None:
        """Come, or come again, or come under the name of another."""
        self.take(self.bench.ready(peer, *ops, credit=credit, incarnation=incarnation))

    @rule(peer=WORKERS, credit=st.integers(0, 5))
    def grant_credit(self, peer, credit) -> None:
        """Take more or less at once."""
        self.take(self.bench.worker(peer, m.Credit(credit=credit)))

    @precondition(lambda self: self.leases)
    @rule(
        data=st.data(), state=st.sampled_from(list(m.State)), images=st.integers(0, 1), size=st.sampled_from([2, 900])
    )
    def answer(self, data, state, images, size) -> None:
        """Answer any lease ever given: current, former, or twice."""
        run = data.draw(st.sampled_from(self.leases[-12:]))
        self.take(self.bench.answer(run, b"{}".ljust(size), state=state, images=images))

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def progress(self, data) -> None:
        """Report on any lease ever given."""
        run = data.draw(st.sampled_from(self.leases[-12:]))
        self.take(self.bench.worker(run.peer, m.Progress(lease=run.message.lease), b"{}"))

    @rule(peer=WORKERS, how=st.sampled_from(["bye", "unreachable", "drain", "alive"]))
    def leave(self, peer, how) -> None:
        """Go in peace, vanish, drain, or just be alive."""
        if how == "unreachable":
            self.take(self.bench.cut(peer))
        else:
            message = {"bye": m.Bye(), "drain": m.Drain(), "alive": m.Heartbeat()}[how]
            self.take(self.bench.worker(peer, message))

    # ---- time and operators ------------------------------------------------------------------

    @rule(seconds=st.sampled_from([0.0, 0.001, 0.05, 0.3, 1.1, 2.5, 30.0]), tick=st.booleans())
    def step(self, seconds, tick) -> None:
        """Let time pass, with or without a tick."""
        self.bench.now += seconds
        if tick:
            self.take(self.bench.handle(e.Tick()))

    @rule(op=st.sampled_from(OPS), verb=st.sampled_from(["pause", "resume", "purge", "queues", "info", "dead"]))
    def operate(self, op, verb) -> None:
        """Pause, resume, purge, look."""
        body = b'{"operations":["%s"]}' % op.encode() if verb in {"pause", "resume", "purge"} else b"{}"
        sent = self.bench.ask("c-admin", "verb", f"broker.{verb}", body=body)
        self.take([one for one in sent if one.peer != "c-admin"])

    # ---- what always holds -------------------------------------------------------------------

    @invariant()
    def everything_adds_up(self) -> None:
        """Counters equal recounts, credit holds, each life ended at most once."""
        core = self.bench.broker
        recount(core)
        assert len(core.stored) <= core.settings.stored_replies
        assert len(core.dead) <= core.settings.dead_letters
        for request_id, lives in self.lives.items():
            assert self.ended[request_id] + (request_id in self.open) == lives
        assert core.ledger.accepted == sum(self.lives.values())

    @invariant()
    def credit_holds(self) -> None:
        """A worker holds more than its credit only if it lowered its credit meanwhile."""
        for worker in self.bench.broker.workers.by_peer.values():
            over = len(worker.leases) - worker.credit
            assert over <= 0 or worker.bucket == -1

    @initialize()
    def begin(self) -> None:
        """Most lives begin with one worker and one client."""
        self.take(self.bench.ready("w1", *OPS, credit=2))

    def teardown(self) -> None:
        """Let everybody fall silent: then nothing may be left but bounded stores, and they empty too."""
        self.bench.sent.clear()
        self.take_repeat(
            self.bench.client("c-admin", make_request("verb", "broker.resume"), b"{}"), frozenset({"verb"})
        )
        for _ in range(40):
            self.bench.now += 1.0
            self.take(self.bench.handle(e.Tick()))
        core = self.bench.broker
        recount(core)
        assert not core.requests.open
        assert not core.clients.by_peer
        assert not core.workers.by_peer
        assert not core.stored
        assert core.stored.size == core.queue.waiting == core.queue.waiting_bytes == len(core.requests.deadlines) == 0
        assert not core.queue.active
        assert not core.workers.operations()
        assert not core.workers._pools
        assert not core.workers._absent
        assert self.ended == self.lives


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=200,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
