"""Values for every parameter of the public functions, most of them good and some of any kind.

hypothesis draws them, ten examples from a seed: the same ones for the same seed and version of
hypothesis. It does not shrink a failure, since the record has all arguments.
"""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from ..draws import Draw, Hypothesis, described, strange
from ..judge import Verdict, judged
from . import KINDS, calls_of_data, calls_of_fits, calls_of_plots
from .calls import CALLS, Call, Table
from .tables import spoilt

# imported for what they add to CALLS
FILLED_BY = (calls_of_data, calls_of_fits, calls_of_plots)
CHANGED = (0, 1, 1, 1, 2, 3)  # parameters that are not as they should be


def run(number: int) -> list[Verdict]:
    """Ten calls with arguments that follow from a seed."""
    verdicts: list[Verdict] = []

    @seed(number)
    @settings(
        max_examples=KINDS["parameters"].cases_of_seed,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def examples(data: st.DataObject) -> None:
        verdicts.append(_verdict(Hypothesis(data)))

    examples()
    return verdicts


def _verdict(draw: Draw) -> Verdict:
    name = draw.pick(sorted(CALLS))
    call = CALLS[name](draw)
    for _ in range(draw.pick(CHANGED)):
        _change(call, draw)
    arguments = call.values()
    shown = ", ".join(f"{key}={described(value)}" for key, value in arguments.items())
    return judged(
        lambda: call.function(**arguments),
        what=f"{name}({shown})",
        names=(*arguments, *call.also),
        inputs=arguments.values(),
        check=lambda result, given: call.check(result, arguments),
    )


def _change(call: Call, draw: Draw) -> None:
    """Put something else in the place of one argument."""
    key = draw.pick(sorted(call.arguments))
    value = call.arguments[key]
    if isinstance(value, Table):
        bad = spoilt(draw, value.rows) if draw.chance(0.8) else strange(draw)
        call.arguments[key] = bad
    elif draw.chance(0.4):
        call.arguments[key] = draw.integer(-2, 12)
    else:
        call.arguments[key] = strange(draw, huge=key not in call.work)
