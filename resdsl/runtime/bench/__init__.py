"""Speed measured side by side, by the protocol of docs/performance.md: nets against what people run otherwise."""

from resdsl.runtime.bench.job import BASELINE, CONTROL, DEVICES, DTYPES, Job
from resdsl.runtime.bench.results import Case, Entry, Results
from resdsl.runtime.bench.suite import Suite, run
from resdsl.runtime.bench.tables import case_table, means_table, speeds, tables
from resdsl.runtime.bench.variants import OURS, PEERS, VARIANTS, chosen
from resdsl.runtime.bench.worker import WorkerError

__all__ = [
    "BASELINE",
    "CONTROL",
    "DEVICES",
    "DTYPES",
    "OURS",
    "PEERS",
    "VARIANTS",
    "Case",
    "Entry",
    "Job",
    "Results",
    "Suite",
    "WorkerError",
    "case_table",
    "chosen",
    "means_table",
    "run",
    "speeds",
    "tables",
]
