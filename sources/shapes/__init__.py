"""The common shapes of rows: functions of column names that return a parse function."""

from sources.shapes.bare import bare
from sources.shapes.boxes import boxes_with_text
from sources.shapes.chat import alpaca, chat
from sources.shapes.interleaved import anchored, interleaved
from sources.shapes.plain import pair, text
from sources.shapes.questions import multiple_choice, question_answer

__all__ = [
    "alpaca",
    "anchored",
    "bare",
    "boxes_with_text",
    "chat",
    "interleaved",
    "multiple_choice",
    "pair",
    "question_answer",
    "text",
]
