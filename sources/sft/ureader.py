"""UReader as instructions: questions about documents, charts and screens, with their roles.

Files and rows are those of `table_chart/ureader`. A row:

    {"image": ["ChartQA/train/png/1.png"], "system_instruction": "...", "conversations": [...]}

Quirks: as there; here the instruction is what the system says.
"""

from dataclasses import replace

from sources.shapes.docowl import docowl
from sources.table_chart import ureader

SOURCE = replace(
    ureader.SOURCE, category="sft/table_chart", parse=docowl(folder="../ureader_images")
)
