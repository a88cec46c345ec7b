"""An independent calculation of what is owed for a land dossier, with exact fractions.

Written from the rules, not from motcua's code:
- registration fee (2801): 0.5 % of the value, by who takes or asks;
- income tax (1006): on a sale 2 % of the value, by the person who gives; on gift and inheritance
  10 % of what is beyond 20 million dong (10 million before 2026-07-01), by the person who takes;
- land-use fee (1401): area x (new price - former price) x share, half now, the rest later;
- the value is the larger of the contract and of the table (land by area, and assets);
- close family: no income tax; on gift and inheritance no registration fee either;
- farm land exchanged: no registration fee; what the slip asks to be exempt from is exempt;
- registration fee and land-use fee are recorded as debt when that is asked for;
- each obligation is rounded once, half a dong up.

Reads JSON lines of {"slip", "found"}; prints the cases that differ and a count, and ends with 1
when there is any difference. Standard library only.
"""
import json
import math
import sys
from collections import Counter
from decimal import Decimal
from fractions import Fraction

CODES = {"LPTB": "registration", "TNCN": "income", "TSDD": "land_use"}


def half_up(amount):
    return math.floor(amount + Fraction(1, 2))


def exact(number):
    return Fraction(number) if number is not None else Fraction(0)


def is_person(user):
    number = user.get("SO") or ""
    return len(number) == 12 and number.isascii() and number.isdigit()


def first(slip, part):
    return next((user for user in slip["NGUOI_SU_DUNG_DAT"] if user["VAI_TRO"] == part), None)


def value(slip):
    land = exact(slip["THUA_DAT"]["DIEN_TICH"]) * exact(slip["THUA_DAT"].get("GIA_BANG_GIA"))
    assets = exact((slip.get("TAI_SAN") or {}).get("GIA_TRI"))
    return max(exact(slip.get("GIA_HOP_DONG")), land + assets)


def matter(slip, giver):
    if slip.get("LOAI_GIAO_DICH"):
        return slip["LOAI_GIAO_DICH"]
    if giver:
        return "CHUYEN_NHUONG"
    return "GIAO_DAT" if slip.get("TINH_TIEN_SDD") else "CAP_LAN_DAU"


def exempt(slip, what, code):
    family = slip.get("QUAN_HE", "KHONG") != "KHONG"
    gift = what in ("TANG_CHO", "THUA_KE")
    if code == "TNCN" and family and (gift or what == "CHUYEN_NHUONG"):
        return True
    if code == "LPTB" and ((family and gift) or what == "CHUYEN_DOI"):
        return True
    return any(asked["LOAI_KHOAN"] == code for asked in slip.get("DE_NGHI_MIEN_GIAM", []))


def work_out(slip, seen):
    giver = first(slip, "chuyển quyền")
    taker = first(slip, "nhận quyền") or first(slip, "đề nghị")
    what, worth, owed = matter(slip, giver), value(slip), []
    if what == "CHUYEN_NHUONG" and giver and is_person(giver):
        owed.append(("TNCN", giver, half_up(worth * Fraction(2, 100))))
    if what in ("TANG_CHO", "THUA_KE") and taker and is_person(taker):
        free = 10_000_000 if slip["NGAYCHUYEN"][:8] < "20260701" else 20_000_000
        seen["old law" if free == 10_000_000 else "new law"] += 1
        owed.append(("TNCN", taker, half_up(max(worth - free, Fraction(0)) * Fraction(10, 100))))
    if what in ("CHUYEN_NHUONG", "TANG_CHO", "THUA_KE", "GOP_VON", "CHUYEN_DOI", "CAP_LAN_DAU") and taker:
        owed.append(("LPTB", taker, half_up(worth * Fraction(5, 1000))))
    fee = slip.get("TINH_TIEN_SDD")
    if fee and taker:
        more = max(exact(fee["GIA_DAT"]) - exact(fee.get("GIA_DAT_CU", 0)), Fraction(0))
        owed.append(("TSDD", taker, half_up(exact(fee["DIEN_TICH"]) * more * Fraction(fee["TY_LE_THU"], 100))))
    return [line(slip, what, code, user, full, seen) for code, user, full in owed]


def line(slip, what, code, user, full, seen):
    free = exempt(slip, what, code)
    due = 0 if free else full
    parts = [due // 2, due - due // 2] if code == "TSDD" and due > 1 else [due]
    recorded = code != "TNCN" and due > 0 and slip["DK_GHINO_NVTC"] == "1"
    seen[CODES[code]] += 1
    for name, holds in (("exempt", free), ("recorded", recorded), ("odd", len(parts) == 2 and parts[0] != parts[1])):
        seen[name] += holds
    return {"of": code, "taxpayer": user["TEN_NNT"], "full": full, "exempt": free, "recorded": recorded, "parts": parts}


def main(path):
    cases, differences, seen = 0, 0, Counter()
    with open(path, encoding="utf-8") as lines:
        for text in lines:
            case = json.loads(text, parse_float=Decimal)
            cases += 1
            expected = work_out(case["slip"], seen)
            if expected != case["found"]:
                differences += 1
                if differences <= 3:
                    print(json.dumps({**case, "expected": expected}, ensure_ascii=False, default=str))
    print(json.dumps({"cases": cases, "differences": differences, "seen": seen}))
    return 1 if differences else 0


sys.exit(main(sys.argv[1]))
