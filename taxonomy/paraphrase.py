"""Paraphrases made by rule: the same request in other clothes, to train the labeller on."""

import hashlib
import re
from collections.abc import Iterator

# Words that stand for the image; any of a group may take another's place.
_SAME_EN = (
    ("picture", "photo", "image", "photograph", "pic", "snapshot"),
    ("pictures", "photos", "images", "photographs", "pics"),
    ("shown", "pictured", "depicted", "visible"),
    ("tell me", "let me know", "explain", "say"),
    ("describe", "explain", "talk about"),
    ("identify", "recognise", "recognize", "name"),
    ("find", "spot", "detect", "locate"),
    ("calculate", "compute", "work out", "determine"),
    ("color", "colour"),
    ("kind", "type", "sort"),
    ("biggest", "largest"),
    ("bigger", "larger"),
    ("write", "compose", "create", "generate", "produce"),
    ("convert", "turn", "transform", "translate"),
    ("guy", "man", "person"),
    ("kid", "child", "boy", "girl"),
)
_SAME_ZH = (
    ("图片", "照片", "图像", "图", "这张图", "画面"),
    ("图中", "图里", "照片中", "图片里", "画面中"),
    ("描述", "说明", "介绍", "讲讲", "说说"),
    ("识别", "认出", "辨认"),
    ("找出", "找到", "指出", "标出"),
    ("计算", "算出", "求"),
    ("生成", "写出", "写一段", "给出"),
    ("转换成", "转成", "变成", "改写成", "转为"),
    ("什么", "啥", "哪些"),
    ("有多少", "有几个", "数一数有几个"),
    ("为什么", "为何", "怎么"),
    ("是不是", "是否", "算不算"),
)
_BEFORE_EN = (
    "Please {}",
    "Can you help me? {}",
    "Look at the image. {}",
    "Question: {}",
    "Based on the image, answer: {}",
    "Hi there, {}",
    "I'd like to know: {}",
)
_BEHIND_EN = (
    "{} Answer the question using a single word or phrase.",
    "{} Answer with the option's letter from the given choices directly.",
    "{} Thanks!",
    "{} Explain your reasoning step by step.",
    "{} Be concise.",
    "{}\nA. yes\nB. no",
)
_AROUND_ZH = (
    "请问，{}",
    "请看图回答：{}",
    "帮我看看，{}",
    "问题：{}",
    "{}谢谢！",
    "{}请详细说明。",
    "{}请直接回答选项字母。",
    "{}请用一个词回答。",
    "{}\nA. 是\nB. 否",
)


def paraphrases(text: str, language: str, seed: int, count: int) -> Iterator[str]:
    """Yields paraphrases of a prompt; the same text and seed give the same ones.

    Args:
        text: the prompt.
        language: en or zh.
        seed: another one gives other paraphrases.
        count: how many to make.
    """
    swaps, frames = (_SAME_ZH, _AROUND_ZH) if language == "zh" else (_SAME_EN, _frames_en())
    for number in range(count):
        draw = _Draw(f"{seed}/{number}/{text}")
        said = text
        for group in swaps:
            said = _swap(said, group, draw, language)
        if draw.below(2):
            said = frames[draw.below(len(frames))].format(said.replace("{", "(").replace("}", ")"))
        if draw.below(4) == 0:
            said = said.rstrip("?!.。？！").lower()
        yield said


def _frames_en() -> tuple[str, ...]:
    return _BEFORE_EN + _BEHIND_EN


def _swap(text: str, group: tuple[str, ...], draw: "_Draw", language: str) -> str:
    """Puts another word of a group in the place of the first one found."""
    edge = "" if language == "zh" else r"\b"
    words = "|".join(sorted(map(re.escape, group), key=len, reverse=True))
    other = group[draw.below(len(group))]
    return re.sub(rf"{edge}(?:{words}){edge}", other, text, count=1, flags=re.IGNORECASE)


class _Draw:
    """Numbers that depend on a text alone, unlike those of a generator shared by all texts."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._step = 0

    def below(self, limit: int) -> int:
        """Returns the next number, 0 or more and below a limit."""
        self._step += 1
        digest = hashlib.sha256(f"{self._text}/{self._step}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % limit
