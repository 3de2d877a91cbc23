"""Totals of the CDNOW data set as JSON, computed apart from the importer.

usage: cdnow_totals.py CDNOW_master.txt
"""

import datetime
import decimal
import json
import sys

LATER = datetime.timedelta(weeks=887)

rows = zero = cds = cents = 0
customers = {}  # id: [orders, cents, first day, last day], days as dated by the importer
days = {}  # day: [orders, cds, cents]
same_day = {}  # (customer, day): orders

with open(sys.argv[1], encoding="ascii") as file:
    next(file)  # the header
    for line in file:
        customer, date, count, value = line.split()
        day = (datetime.datetime.strptime(date, "%Y%m%d").date() + LATER).isoformat()
        amount = decimal.Decimal(value).scaleb(2)
        assert amount == amount.to_integral_value(), line
        count, amount = int(count), int(amount)
        rows, cds, cents, zero = rows + 1, cds + count, cents + amount, zero + (amount == 0)
        orders, spent, first, last = customers.get(customer, [0, 0, day, day])
        customers[customer] = [orders + 1, spent + amount, min(first, day), max(last, day)]
        total = days.setdefault(day, [0, 0, 0])
        total[0], total[1], total[2] = total[0] + 1, total[1] + count, total[2] + amount
        same_day[customer, day] = same_day.get((customer, day), 0) + 1

json.dump(
    {
        "rows": rows,
        "cds": cds,
        "cents": cents,
        "zero": zero,
        "most_on_a_day": max(same_day.values()),
        "days": days,
        "customers": {id: {"orders": c[0], "cents": c[1], "first": c[2], "last": c[3]} for id, c in customers.items()},
    },
    sys.stdout,
)
