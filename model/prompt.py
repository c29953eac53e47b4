r"""Samples to token ids and labels, in the prompt format of the original.

    chat         {system}\n\nUser: {message}\n\nAssistant: {message}<EOS>User: ...
    pretraining  segments in reading order, a new line between them, <EOS>

An image is `<image_placeholder>` in the string, and as many copies of its id as it has tokens in
the ids. Labels stand at the token they name; what is not supervised has `IGNORE`. Answers and their
end tokens are supervised in chats; all text and the end token in pretraining; images never.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from model.sizes import EOS, IMAGE_TAG
from model.tokenizer import Tokenizer
from sources.sample import Sample, Segment

IGNORE = -100
SYSTEM = (
    "You are a helpful language and vision assistant. "
    "You are able to understand the visual content that the user provides, "
    "and assist the user with a variety of tasks using natural language."
)
_NAMES = {"user": "User", "assistant": "Assistant"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a prompt.

    Attributes:
        text: its text; IMAGE_TAG for an image and EOS for an end token if `special`.
        supervised: whether the model is to learn it.
        special: whether it is an image or an end token rather than text.
    """

    text: str
    supervised: bool = False
    special: bool = False


@dataclass(frozen=True, slots=True)
class Encoded:
    """A prompt as the model reads it.

    Attributes:
        ids: tokens.
        labels: the token where it is supervised, else IGNORE.
    """

    ids: list[int]
    labels: list[int]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def supervised(self) -> int:
        """How many tokens are supervised."""
        return sum(label != IGNORE for label in self.labels)

    def cut(self, length: int) -> "Encoded":
        """Returns the first tokens of it."""
        return Encoded(self.ids[:length], self.labels[:length])


_IMAGE = Piece(IMAGE_TAG, special=True)


def to_pieces(sample: Sample) -> list[Piece]:
    """Lays out a sample: as a chat if its segments have roles, else as pretraining text.

    Raises:
        ValueError: only some segments have roles, or the turns are in no order of a conversation.
    """
    roles = [segment.role for segment in sample.segments]
    if None not in roles:
        return chat(sample.segments)
    if any(roles):
        raise ValueError(f"either every segment has a role or none has; got {roles}")
    pieces = []
    for segment in sample.segments:
        pieces += [
            _IMAGE if segment.text is None else Piece(segment.text, supervised=True),
            Piece("\n"),
        ]
    return [*pieces[:-1], Piece(EOS, supervised=True, special=True)]


def chat(segments: Sequence[Segment], system: str = SYSTEM) -> list[Piece]:
    """Lays out a conversation; neighbouring segments of one role are one turn.

    The separator goes by the turn's place, as in the original: a new paragraph behind the user's,
    an end token behind the assistant's.

    Args:
        segments: each with a role; one of `system` first overrides the system prompt.
        system: the system prompt; empty for none.

    Raises:
        ValueError: a system prompt elsewhere, one with an image, or not the user's turn first.
    """
    turns = [(role, list(group)) for role, group in groupby(segments, lambda part: part.role)]
    if turns and turns[0][0] == "system":
        system = _system(turns.pop(0)[1])
    roles = [role for role, _ in turns]
    if roles != (["user", "assistant"] * len(roles))[: len(roles)]:
        raise ValueError(f"a chat is user, assistant, user, ... in turn; got {roles}")
    pieces = [Piece(f"{system}\n\n")] if system else []
    for role, group in turns:
        answer = role == "assistant"
        message = _message(group, supervised=answer)
        pieces += [Piece(f"{_NAMES[str(role)]}:{' ' if message else ''}"), *message]
        if answer and message:
            pieces.append(Piece(EOS, supervised=True, special=True))
        elif message:
            pieces.append(Piece("\n\n"))
    return pieces


def question(segments: Sequence[Segment], system: str = SYSTEM) -> list[Piece]:
    """Lays out a conversation up to where the assistant's next answer begins."""
    return [*chat(segments, system), Piece("Assistant:")]


def _system(group: list[Segment]) -> str:
    texts = [segment.text for segment in group if segment.text is not None]
    if len(texts) != len(group):
        raise ValueError("a system prompt holds no image: give it to the user's turn")
    return "\n".join(texts).strip()


def _message(group: list[Segment], *, supervised: bool) -> list[Piece]:
    """One turn: neighbouring texts joined by a new line, images inline, the ends stripped."""
    pieces: list[Piece] = []
    for segment in group:
        if segment.text is None:
            pieces.append(_IMAGE)
        elif pieces and not pieces[-1].special:
            pieces[-1] = Piece(f"{pieces[-1].text}\n{segment.text}", supervised)
        else:
            pieces.append(Piece(segment.text, supervised))
    for end, strip in ((0, str.lstrip), (-1, str.rstrip)):
        if not pieces[end].special:
            pieces[end] = Piece(strip(pieces[end].text), supervised)
    return [piece for piece in pieces if piece.text]


def to_string(pieces: Sequence[Piece]) -> str:
    """Returns the prompt as the original writes it, one placeholder an image."""
    return "".join(piece.text for piece in pieces).strip()


def encode(pieces: Sequence[Piece], tokenizer: Tokenizer, image_tokens: int) -> Encoded:
    """Turns a prompt into ids and labels.

    Args:
        pieces: the prompt.
        tokenizer: of the checkpoint.
        image_tokens: how many tokens an image takes.
    """
    ids, labels = [tokenizer.bos], [IGNORE]
    for special, run in groupby(pieces, lambda piece: piece.special):
        for more in (
            (_special(piece, tokenizer, image_tokens) for piece in run)
            if special
            else (_text(list(run), tokenizer),)
        ):
            ids += more.ids
            labels += more.labels
    return Encoded(ids, labels)


def _special(piece: Piece, tokenizer: Tokenizer, image_tokens: int) -> Encoded:
    if piece.text == IMAGE_TAG:
        return Encoded([tokenizer.image] * image_tokens, [IGNORE] * image_tokens)
    return Encoded([tokenizer.eos], [tokenizer.eos if piece.supervised else IGNORE])


def _text(run: list[Piece], tokenizer: Tokenizer) -> Encoded:
    """Encodes neighbouring texts as one, so that tokens fall as they would in the whole string.

    A token counts as supervised if one of its characters is. A blank before a word has no
    character of its own in a span, so it never draws a token over the border.
    """
    wanted, start = [], 0
    for piece in run:
        if piece.supervised:
            wanted.append((start, start + len(piece.text)))
        start += len(piece.text)
    encoding = tokenizer.encode("".join(piece.text for piece in run))
    labels = [
        token if any(first < end and last > begin for begin, end in wanted) else IGNORE
        for token, (first, last) in zip(encoding.ids, encoding.spans, strict=True)
    ]
    return Encoded(encoding.ids, labels)
