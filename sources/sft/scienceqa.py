"""ScienceQA as instructions: school questions with options, with a picture or without.

Files and rows are those of `table_chart/scienceqa`. A row:

    "12": {"question": "Which ...?", "choices": ["a", "b"], "answer": 0, "image": null, ...}

Quirks: as there; here questions without a picture are taken too.
"""

from dataclasses import replace

from sources.table_chart import scienceqa

SOURCE = replace(scienceqa.SOURCE, category="sft/table_chart", parse=scienceqa.talk)
