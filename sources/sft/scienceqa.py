"""ScienceQA as instructions: school questions with options, with a picture or without.

Files, rows and quirks are those of `table_chart/scienceqa`.

    "12": {"question": "Which ...?", "choices": ["a", "b"], "answer": 0, "image": null, ...}
"""

from dataclasses import replace

from sources.table_chart import scienceqa

SOURCE = replace(scienceqa.SOURCE, category="sft/table_chart", parse=scienceqa.talk)
