"""UReader: documents, charts, tables and screens of ten sets, with questions and answers.

`ureader_json.zip` unpacks to `ureader_json/train.jsonl`; the ten tars of images are unpacked below
`ureader_images` beside it, as `ChartQA`, `DUE_Benchmark/DocVQA`, `TextVQA`, ... (the tars' own
names lack `DUE_Benchmark`). A row:

    {"image": ["ChartQA/train/png/1.png"], "system_instruction": "...", "task_type": "qa_sft",
     "conversations": [{"from": "user", "value": "<image>"},
                       {"from": "user", "value": "Which ...?"},
                       {"from": "assistant", "value": "Nigeria"}], "prompt": "", "text": ""}

Quirks: the place of the image is a turn of its own; the instruction may be a list to draw from;
some answers are null or `None` and are skipped; `a.tiff.2` is page 2 of a file: only page 0 is
taken. In pretraining roles and instruction fall away. Parts keep their own licences.
"""

from sources.readers import JsonLines
from sources.shapes import bare
from sources.shapes.docowl import docowl
from sources.source import Source

SOURCE = Source(
    title="UReader: questions about documents, charts and screens",
    version="1",
    category="pretrain/table_chart",
    licence="unknown",
    homepage="https://huggingface.co/datasets/Mizukiluke/ureader-instruction-1.0",
    files=("**/ureader_json/train.jsonl",),
    read=JsonLines(),
    parse=bare(docowl(folder="../ureader_images")),
    languages=("en",),
    citation="Ye et al., UReader: Universal OCR-free Visually-situated Language Understanding with "
    "Multimodal Large Language Model, 2023",
    download="ureader_json.zip and the image tars, unpacked to ureader_json and ureader_images.",
)
