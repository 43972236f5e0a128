"""The broker: routes requests to workers; opens no picture and imports no engine.

Where to look, from the wire inwards:

- `__main__`, `shell`, `zap`: the program, its two sockets, and who may connect. No decision is made here.
- `core`: the pure state machine, `handle(event, now) -> actions`; it wires the parts and lets time pass.
- `client_side`, `worker_side`: what each message means. `greeting`: what peers hear that come.
- `admission`, `policy`: which requests are let in, and what a key may do.
- `requests`: the life of a request to its one end. `dispatch`: leases. `recovery`: lost workers. `drain`: the end.
- `clients`, `pool`, `fair`, `stores`: the tables: clients, workers, the queue, stored replies, dead letters, deadlines.
- `admin`, `reports`, `controls`: the broker's own operations. `forecast`: how long waiting lasts. `ledger`: the sums.
- `events`, `outbox`, `records`, `settings`: what goes in, what comes out, what is remembered, and the bounds.
"""
