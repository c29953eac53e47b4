"""UReader as instructions: questions about documents, charts and screens, with their roles.

Files, rows and quirks are those of `table_chart/ureader`; here the instruction is the system's.

    {"image": ["ChartQA/train/png/1.png"], "system_instruction": "...", "conversations": [...]}
"""

from dataclasses import replace

from sources.shapes.docowl import docowl
from sources.table_chart import ureader

SOURCE = replace(
    ureader.SOURCE, category="sft/table_chart", parse=docowl(folder="../ureader_images")
)
