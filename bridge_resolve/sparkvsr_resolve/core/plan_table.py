"""A plan as a person reads it in a console."""

from __future__ import annotations

from collections.abc import Sequence

from .plan import Plan, Reason

PLAN_HEAD = ("timecode", "frame", "source", "marker", "keyframe")
_SHOWN = 4  # timecodes of one reason
_LONGEST = 40  # letters of a marker's name


def print_plan(plan: Plan) -> str:
    """The keyframes as a table, then a line for each reason for which markers were left out.

    `frame` is that of the shot, from 0; `source` as clip markers count.
    """
    rows = plan_rows(plan)
    lines = _table([PLAN_HEAD, *rows]) if rows else ["No keyframes."]
    return "\n".join([*lines, *left_out_lines(plan)])


def plan_rows(plan: Plan) -> list[tuple[str, ...]]:
    """A row for each keyframe, with the columns of PLAN_HEAD."""
    return [
        (key.timecode, str(key.index), str(key.source_frame), _short(str(key.marker)), key.status)
        for key in plan.keyframes
    ]


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(PLAN_HEAD))]
    lines = [
        "  ".join(
            row[column].rjust(width) if column in (1, 2) else row[column].ljust(width)
            for column, width in enumerate(widths)
        ).rstrip()
        for row in rows
    ]
    return [lines[0], "  ".join("-" * width for width in widths), *lines[1:]]


def left_out_lines(plan: Plan) -> list[str]:
    """A line for each reason for which markers were left out."""
    lines = []
    for reason in Reason:
        labels = [
            left.timecode or str(left.marker) for left in plan.left_out if left.reason is reason
        ]
        if labels:
            shown = ", ".join(map(_short, labels[:_SHOWN]))
            more = f" and {len(labels) - _SHOWN} more" if len(labels) > _SHOWN else ""
            lines.append(f"Left out, {reason.value}: {shown}{more}.")
    return lines


def _short(text: str) -> str:
    """One line of text without control characters, cut off where it is long."""
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
