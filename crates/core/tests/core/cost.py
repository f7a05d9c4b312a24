"""What calls cost, by the rules of docs/models.md and with fractions: independent of the Rust code, slow and plain.

argv: the shipped file of prices. stdin: calls as a JSON list. stdout: nanodollars as a JSON list.
"""

import json
import math
import sys
from fractions import Fraction

MINUTE = 60_000
DAY = 1440 * MINUTE
CLASSES = ["input", "cache_read", "cache_write", "cache_write_1h", "output"]


def holds(period, moment):
    """Whether a period is valid at a moment."""
    if moment < period.get("from", 0) or moment >= period.get("until", math.inf):
        return False
    minute = Fraction(moment % DAY, MINUTE)
    hours = period.get("hours")
    return not hours or any(each["from_min"] <= minute < each["until_min"] for each in hours)


def valid(periods, start, end):
    """All periods that hold at some moment of a span; all there are, where none holds at some moment or it is a day."""
    if end - start >= DAY:
        return periods
    moments = {start, end}
    for period in periods:
        edges = [period.get("from", 0), period.get("until")]
        for each in period.get("hours", []):
            for day in range(start // DAY, end // DAY + 1):
                edges += [day * DAY + each["from_min"] * MINUTE, day * DAY + each["until_min"] * MINUTE]
        for edge in filter(None, edges):
            moments |= {near for near in (edge - 1, edge) if start <= near <= end}
    found = []
    for moment in moments:
        there = [period for period in periods if holds(period, moment)]
        found += there or periods
    return found


def dollars(period, usage):
    """The dearest of the rates that so long a prompt reaches."""
    prompt = sum(usage[kind] for kind in CLASSES[:4])
    rates = [period["rates"]] + [s["rates"] for s in period.get("steps", []) if prompt > s["above"]]
    surcharge = Fraction(period.get("geo_permille", 1000), 1000) if usage["geo"] else 1
    return surcharge * max(
        sum(usage[kind] * Fraction(each[kind], 10**12) for kind in CLASSES) for each in rates
    )


def nanos(period, usage):
    fees = period.get("request_fee", 0) + usage["searches"] * period.get("search_fee", 0)
    return math.ceil(dollars(period, usage) * 10**9 + fees)


models = json.load(open(sys.argv[1], encoding="utf-8"))["models"]
costs = []
for call in json.load(sys.stdin):
    periods = models[call["model"]]["tariff"]
    found = valid(periods, call["from"], call["until"])
    costs.append(max([nanos(period, call["usage"]) for period in found] + [call["usage"]["reported"]]))
json.dump(costs, sys.stdout)
