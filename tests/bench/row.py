"""What a row of the bench is: two sides that are measured by turns, and targets for their ratio.

A measurement of a side is a dict: requests, seconds, rate (requests/s), p50 and p99 (microseconds),
cpu (microseconds of the side's process for each request, which a busy machine disturbs least), load
(the machine's load average at the start), and what else a target names.
"""
import dataclasses
import typing


class Invalid(Exception):
    """A side did something else than it was measured for, or cannot be measured here."""


@dataclasses.dataclass
class Target:
    """A bound for one figure of a row: for the ratio ours/anchor, or, in a row without an anchor,
    for our figure itself. `more`: it must be at least the bound, otherwise at most. Without a bound
    the figure is only shown."""
    figure: str
    bound: float | None = None
    stretch: float | None = None
    more: bool = False

    def reached(self, value, wanted):
        return wanted is not None and (value >= wanted if self.more else value <= wanted)

    def verdict(self, value):
        """stretch, met or MISSED; None without a bound."""
        if self.bound is None:
            return None
        if self.reached(value, self.stretch):
            return "stretch"
        return "met" if self.reached(value, self.bound) else "MISSED"


def at_least(figure, bound, stretch=None):
    return Target(figure, bound, stretch, more=True)


def at_most(figure, bound, stretch=None):
    return Target(figure, bound, stretch)


def shown(figure):
    return Target(figure)


@dataclasses.dataclass
class Sides:
    """The two sides of a row, each a function from seconds to a measurement. `check` reads back
    what was measured, and raises `Invalid` if it is not what it should be; it is called after
    each round."""
    ours: typing.Callable
    anchor: typing.Callable | None = None
    check: typing.Callable | None = None


@dataclasses.dataclass
class Row:
    """A measured operation. `sides` is a function from the row's folder to a context manager that
    gives its Sides. `reference` is the anchor's rate, where known, on the machine for which the
    targets were set (2 cores, Debian 12). `rounds` is the most that a row needs."""
    name: str
    what: str
    anchor: str | None
    sides: typing.Callable
    targets: list
    reference: float | None = None
    rounds: int | None = None
