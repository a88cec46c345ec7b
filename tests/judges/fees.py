"""An independent calculation of fees, with exact fractions.

Reads JSON lines of {"fees": definitions, "filings": [{"filing", "found"}]} and works every
filing out by itself from the definitions, as their documentation says. Prints the cases that
differ from what motcua found, and a count; ends with 1 when there is any difference.
Standard library only.
"""
import datetime
import json
import math
import sys
from collections import Counter
from fractions import Fraction

MONEY = 2**63 - 1
LONGEST = 2**127 - 1


class Refused(Exception):
    pass


def look(answers, pointer):
    at = answers
    for key in pointer.split("/")[1:]:
        if not isinstance(at, dict) or key not in at:
            return None
        at = at[key]
    return at


def day(text):
    return datetime.date.fromisoformat(text)


def covers(rule, on):
    first, last = rule.get("from"), rule.get("to")
    return (first is None or day(first) <= on) and (last is None or on <= day(last))


def holds(cond, filing):
    (kind,) = [key for key in cond if key not in ("equals", "one_of", "present", "at_least", "older_than_days")]
    what = cond[kind]
    if kind == "all":
        return all(holds(inner, filing) for inner in what)
    if kind == "any":
        return any(holds(inner, filing) for inner in what)
    if kind == "not":
        return not holds(what, filing)
    if kind == "channel":
        return filing["channel"] == what
    if kind == "case":
        return filing["case"] == what
    if kind == "subject":
        return what in filing["subjects"]
    if kind == "identity_level":
        return filing["identity_level"] >= what
    answer = look(filing["answers"], what)
    given = answer is not None and answer != ""
    if "present" in cond:
        return given == cond["present"]
    if not given:
        return False
    if "equals" in cond:
        return answer == cond["equals"] and type(answer) is type(cond["equals"])
    if "one_of" in cond:
        return answer in cond["one_of"]
    if "at_least" in cond:
        return isinstance(answer, (int, float)) and not isinstance(answer, bool) and answer >= cond["at_least"]
    try:
        return (day(filing["date"]) - day(answer)).days > cond["older_than_days"]
    except (TypeError, ValueError):
        return False


def quantity(filing, pointer):
    answer = look(filing["answers"], pointer)
    if not isinstance(answer, int) or isinstance(answer, bool) or not 0 <= answer <= MONEY:
        raise Refused("no_quantity")
    return answer


def within(amount, cap):
    return amount if cap is None else min(amount, Fraction(cap))


def by_rate(rule, filing):
    kind = rule["kind"]
    if kind == "fixed":
        return Fraction(rule["amount"])
    if kind == "per_unit":
        return Fraction(rule["amount"]) * quantity(filing, rule["quantity"])
    if kind == "tiers":
        units = quantity(filing, rule["quantity"])
        copies = 1 if rule.get("copies") is None else quantity(filing, rule["copies"])
        one = Fraction(0)
        for tier in rule["tiers"]:
            end = math.inf if tier.get("to") is None else tier["to"]
            one += Fraction(tier["amount"]) * len(range(tier["from"], int(min(end, units)) + 1))
        return within(one, rule.get("cap")) * copies
    share = Fraction(quantity(filing, rule["base"])) * Fraction(rule["basis_points"], 10_000)
    return within(Fraction(math.floor(share)), rule.get("cap"))


def after(rule, amount):
    if rule["kind"] == "percent":
        return Fraction(math.floor(amount * (1 - Fraction(rule["basis_points"], 10_000))))
    return max(Fraction(0), amount - rule["amount"])


def work_out(fee, filing, seen):
    """The amount of one fee; None where it does not apply."""
    if fee.get("when") is not None and not holds(fee["when"], filing):
        seen["not applicable"] += 1
        return None
    on = day(filing["date"])
    if any(covers(spared, on) and holds(spared["when"], filing) for spared in fee.get("exemptions", [])):
        seen["exempt"] += 1
        return 0
    for channel in (filing["channel"], None):
        rates = [rate for rate in fee["rates"] if covers(rate, on) and rate.get("channel") == channel]
        if len(rates) > 1:
            raise Refused("two_rates")
        if rates:
            break
    else:
        raise Refused("no_rate")
    amount = by_rate(rates[0]["rule"], filing)
    if amount > MONEY:
        raise Refused("too_large")
    seen[rates[0]["rule"]["kind"]] += 1
    lesser = [
        after(less["rule"], amount)
        for less in fee.get("reductions", [])
        if covers(less, on) and (less.get("when") is None or holds(less["when"], filing))
    ]
    if lesser:
        seen["reduced"] += 1
    amount = min([amount, *lesser])
    assert amount.denominator == 1 and amount >= 0
    return amount.numerator


def judge(fees, filing, seen):
    try:
        amounts = [(fee["code"], work_out(fee, filing, seen)) for fee in fees]
        lines = [[code, amount] for code, amount in amounts if amount is not None]
        if sum(amount for _, amount in lines) > MONEY:
            raise Refused("too_large")
        return {"lines": lines, "total": sum(amount for _, amount in lines)}
    except Refused as refused:
        seen[str(refused)] += 1
        return {"error": str(refused)}


def main(path):
    cases, differences, seen = 0, 0, Counter()
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            group = json.loads(line)
            for case in group["filings"]:
                cases += 1
                expected = judge(group["fees"], case["filing"], seen)
                if expected != case["found"]:
                    differences += 1
                    if differences <= 3:
                        print(json.dumps({"fees": group["fees"], **case, "expected": expected}, ensure_ascii=False))
    print(json.dumps({"cases": cases, "differences": differences, "seen": seen}))
    return 1 if differences else 0


sys.exit(main(sys.argv[1]))
