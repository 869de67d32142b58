"""Summarises the rounds of a row: medians with their spread, verdicts, and the table.

A row's result is a dict: rounds (a measurement of each side, see row.py), `invalid` with the reason
if a side did wrong or its anchor was too slow, and `summary`.
"""
import statistics

ANCHOR_MIN = 0.8  # of its reference; a slower anchor is disturbed, or wrong
BESIDE = ("cpu", "p99")  # ratios that are told beside those that have a target
SHOWN = ("rate", "p50", "p99", "cpu")
VOLUME = ("rows_per_second", "bytes_per_second")  # of the rows that write


def summarize(row, result):
    """The medians of the row's figures, with a verdict for each target; None if no round is
    valid. A row whose anchor was too slow gets its figures, and `invalid`."""
    rounds = result["rounds"]
    if "invalid" in result or not rounds:
        return None
    figures = [target.figure for target in row.targets]
    summary = {"targets": [target_summary(row, target, rounds) for target in row.targets],
               "beside": {figure: middle(ratios(row, figure, rounds)) for figure in BESIDE
                          if row.anchor and figure not in figures}}
    for side in ("anchor", "ours") if row.anchor else ("ours",):
        summary[side] = {figure: middle([one[side].get(figure) for one in rounds])
                         for figure in dict.fromkeys((*SHOWN, *VOLUME, *figures))}
    summary["slow_anchor"] = slow_anchor(row, rounds, summary)
    return summary


def target_summary(row, target, rounds):
    values = [value for value in ratios(row, target.figure, rounds) if value is not None]
    value = middle(values)
    return {"figure": target.figure, "value": value, "least": min(values, default=None),
            "most": max(values, default=None), "target": target.bound, "stretch": target.stretch,
            "more": target.more, "verdict": None if value is None else target.verdict(value)}


def ratios(row, figure, rounds):
    """A figure of each round: ours/anchor, or ours in a row without an anchor."""
    def of(one):
        ours = one["ours"].get(figure)
        if not row.anchor:
            return ours
        anchor = one["anchor"].get(figure)
        return ours / anchor if anchor and ours is not None else None
    return [of(one) for one in rounds]


def middle(values):
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def slow_anchor(row, rounds, summary):
    """Why the row says nothing although each answer was right, or None."""
    if not row.reference:
        return None
    share = summary["anchor"]["rate"] / row.reference
    if share >= ANCHOR_MIN:
        return None
    load = max(one[side]["load"] for one in rounds for side in one)
    return (f"the anchor made {share:.2f} of its reference of {row.reference:,.0f}/s (load average "
            f"up to {load:.1f}): other work disturbs, or the anchor has a bug")


def invalid_reason(result):
    """Why a row is invalid, or None."""
    summary = result.get("summary") or {}
    return result.get("invalid") or summary.get("slow_anchor")


# ------------------------------------------------------------------ the table

LINE = "{:<15} {:<46} {:>10} {:>9} {:>9} {:>8}"
def unit_of(figure):
    """(divisor, unit) of a figure by its name: p50, p99 and max are microseconds and told in
    milliseconds; other names end with their unit."""
    if figure.endswith(("p50", "p99", "max")):
        return 1000, "ms"
    return 1, {"rate": "/s"}.get(figure, "")


def table(results):
    """The lines of the table: for each row its sides, and each target with its verdict."""
    lines = [LINE.format("row", "side", "requests/s", "p50 ms", "p99 ms", "cpu us")]
    for row, result in results:
        summary = result.get("summary")
        if summary is None:
            lines.append(LINE.format(row.name, row.what, *["-"] * 4))
        else:
            lines.append(side_line(row.name, row.what, summary["ours"]))
            if row.anchor:
                lines.append(side_line("", row.anchor, summary["anchor"]))
            lines += ["    " + text for text in verdicts(row, summary)]
        if reason := invalid_reason(result):
            lines.append(f"    INVALID: {reason}")
    return lines


def side_line(name, what, figures):
    def number(figure, divisor, form):
        value = figures.get(figure)
        return "-" if value is None else format(value / divisor, form)
    line = LINE.format(name, what, number("rate", 1, ",.0f"), number("p50", 1000, ".2f"),
                       number("p99", 1000, ".2f"), number("cpu", 1, ".1f"))
    if figures.get("rows_per_second") is None:
        return line
    return line + (f"  {number('rows_per_second', 1, ',.0f')} rows/s, "
                   f"{number('bytes_per_second', 1e6, '.1f')} MB/s")


def verdicts(row, summary):
    """A text for each target of a row, and one for the figures beside them."""
    beside = []
    for one in summary["targets"]:
        if one["target"] is None:
            beside.append(f"{one['figure']} {value_text(row, one, 'value')}")
        else:
            yield target_text(row, one)
    beside += [f"{figure} x {value:.2f}" for figure, value in summary["beside"].items()
               if value is not None]
    if beside:
        yield "beside: " + ", ".join(beside)


def value_text(row, one, key):
    """A value of a target's summary with its unit; a ratio has a cross before it."""
    value = one[key]
    if value is None:
        return "-"
    divisor, unit = unit_of(one["figure"])
    return f"x {value:.2f}" if row.anchor else f"{value / divisor:,.4g} {unit}".rstrip()


def target_text(row, one):
    """A figure, its spread, its target and its verdict."""
    value, least, most, target, stretch = (
        value_text(row, one, key) for key in ("value", "least", "most", "target", "stretch"))
    sign = ">=" if one["more"] else "<="
    more = f" (stretch {stretch})" if one["stretch"] is not None else ""
    return (f"{one['figure']} {value} ({least} to {most}), target {sign} {target}{more}: "
            f"{one['verdict'] or 'no figure'}")
