from resdsl.elaborate.context import Home
from resdsl.elaborate.evaluate import Evaluator


def resolve_file(home: Home, evaluator: Evaluator) -> None:
    return
