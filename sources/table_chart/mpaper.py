"""M-Paper: diagrams of arXiv papers with captions, analyses and outlines.

`sft/3tasks_train.jsonl` holds the rows of all tasks; `partial-imgs.00` to `.15`, joined, are
`imgs.tar.gz`, which is unpacked to `imgs` beside `sft`. A row:

    {"image": ["imgs/1901.00001/fig1.png", "imgs/1901.00001/fig2.png"], "task_type": "figure_cap",
     "conversations": [{"from": "user", "value": "<image><image> ..."},
                       {"from": "assistant", "value": "..."}]}

Quirks: rows have several images; for the tasks `tablelatex_...` a table is given as LaTeX in place
of an image: those are skipped. In pretraining roles fall away: context and images, then the words.
"""

from sources.readers import JsonLines
from sources.shapes import bare
from sources.shapes.docowl import docowl
from sources.source import Source

SOURCE = Source(
    title="M-Paper: diagrams of papers",
    version="1",
    category="pretrain/table_chart",
    licence="Apache-2.0",
    homepage="https://huggingface.co/datasets/mPLUG/M-Paper",
    files=("**/sft/3tasks_train.jsonl",),
    read=JsonLines(),
    parse=bare(docowl(folder="..")),
    languages=("en",),
    citation="Hu et al., mPLUG-PaperOwl: Scientific Diagram Analysis with the Multimodal Large "
    "Language Model, 2023",
    download="sft, and imgs.tar.gz (its parts joined) unpacked to imgs beside it.",
)
