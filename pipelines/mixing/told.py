"""What a build made of its mixture, read back from its manifest."""

from collections.abc import Mapping
from typing import Any

from taxonomy.mixtures import Cell, Line, Plan


def plan_of(record: Mapping[str, Any]) -> Plan:
    """Returns the plan of a manifest's `mixture`: with what was really taken."""
    lines = tuple(_line(line) for line in record["lines"])
    return Plan(unit=record["unit"], lines=lines, scaled=record["scaled"])


def shortfalls(record: Mapping[str, Any]) -> list[str]:
    """Returns a sentence for each budget that there was too little for."""
    return [
        f"{line['class']} ({line['entry']}, {line['language']}): missing {line['short']:,.0f} of "
        f"{line['wanted']:,.0f} {record['unit']}; there are {line['available']:,.0f}"
        for line in record["lines"]
        if line["short"]
    ]


def _line(line: Mapping[str, Any]) -> Line:
    cells = tuple(
        Cell(
            source=cell["entry"],
            language=cell["language"],
            available=cell["available"],
            taken=cell["taken"],
        )
        for cell in line["cells"]
    )
    return Line(
        category=line["class"],
        source=line["entry"],
        language=line["language"],
        wanted=line["wanted"],
        available=line["available"],
        taken=line["taken"],
        cells=cells,
    )
