"""ScreenQA as instructions: questions about screens of Android apps, with answers.

Files and rows are those of `table_chart/screenqa`. A row:

    {"image_id": 31, "question": "...", "ground_truth": [{"full_answer": "...", ...}], ...}

Quirks: as there.
"""

from dataclasses import replace

from sources.table_chart import screenqa

SOURCE = replace(screenqa.SOURCE, category="sft/web_code", parse=screenqa.talk)
