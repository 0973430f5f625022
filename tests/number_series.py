"""Series of numbers in which nothing is wrong."""

import math
import random
from collections.abc import Iterator

# Minutes; days in seconds.
STEP, DAY = 60, 86_400
Series = Iterator[tuple[int, float]]


def constant(days: int) -> Series:
    """Yield the same number, always."""
    for at in range(0, days * DAY, STEP):
        yield at, 5.0


def noise(days: int) -> Series:
    """Yield independent normal numbers."""
    chance = random.Random(1)
    for at in range(0, days * DAY, STEP):
        yield at, round(5.0 + chance.gauss(0.0, 0.1), 4)


def slow_drift(days: int) -> Series:
    """Yield a rise of a hundredth a day, with noise."""
    for at, value in noise(days):
        yield at, value + 0.01 * at / DAY


def daily_rhythm(days: int) -> Series:
    """Yield a rhythm that is a little different each day, with noise."""
    chance = random.Random(2)
    high = [1.0 + chance.gauss(0.0, 0.05) for _ in range(days)]
    for at, value in noise(days):
        yield at, round(value + high[at // DAY] * math.sin(2 * math.pi * at / DAY), 4)


def twenty_a_day(days: int) -> Series:
    """Yield twenty uneven numbers a day, at odd times, for four times as long."""
    chance = random.Random(3)
    for day in range(4 * days):
        for at in sorted(chance.sample(range(DAY), 20)):
            yield day * DAY + at, round(chance.lognormvariate(1.5, 0.3), 4)


def job_each_hour(days: int) -> Series:
    """Yield a number twice as high once an hour, with noise."""
    for at, value in noise(days):
        yield at, value * 2.0 if at % 3600 == 0 else value


def usual(at: int) -> float:
    """Return what the rhythm has at an instant."""
    return 5.0 + math.sin(2 * math.pi * at / DAY)


QUIET = (constant, noise, slow_drift, daily_rhythm, twenty_a_day, job_each_hour)
