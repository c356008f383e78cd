"""`python -m resdsl.runtime.bench FILE`: answers one request of `worker.ask`, in a process of its own."""

from resdsl.runtime.bench.worker import main

main()
