"""Prompts of the original, written out: strings, ids and masks."""

import pytest

from model.prompt import IGNORE, SYSTEM, Piece, chat, encode, question, to_pieces, to_string
from model.sizes import EOS
from model.tokenizer import Tokenizer, train
from sources.sample import Sample, Segment

IMAGE = Segment(image=b"an image")


@pytest.fixture(scope="module")
def letters() -> Tokenizer:
    """One token a byte: `!` is 3 and so on by code point; the blank and the new line are known."""
    return train([], 259)


def user(*parts: str | Segment) -> tuple[Segment, ...]:
    return tuple(
        Segment(text=part, role="user")
        if isinstance(part, str)
        else Segment(image=part.image, role="user")
        for part in parts
    )


def answer(text: str) -> tuple[Segment, ...]:
    return (Segment(text=text, role="assistant"),)


def system(text: str) -> tuple[Segment, ...]:
    return (Segment(text=text, role="system"),)


DEFAULT = (
    "You are a helpful language and vision assistant. You are able to understand the visual "
    "content that the user provides, and assist the user with a variety of tasks using natural "
    "language.\n\n"
)
END = "<｜end▁of▁sentence｜>"
# name: (segments, prompt, what is supervised)
CHATS = {
    "single": (
        (*user(IMAGE, "Describe it."), *answer("A cat.")),
        f"{DEFAULT}User: <image_placeholder>Describe it.\n\nAssistant: A cat.{END}",
        f"A cat.{END}",
    ),
    "multi-turn": (
        (*user("Hi"), *answer("Hello."), *user("Bye"), *answer("See you.")),
        f"{DEFAULT}User: Hi\n\nAssistant: Hello.{END}User: Bye\n\nAssistant: See you.{END}",
        f"Hello.{END}See you.{END}",
    ),
    "several images": (
        (*user(IMAGE, "is one,", IMAGE, "is two."), *answer("Yes.")),
        f"{DEFAULT}User: <image_placeholder>is one,<image_placeholder>is two.\n\n"
        f"Assistant: Yes.{END}",
        f"Yes.{END}",
    ),
    "image in a later turn": (
        (*user("Look."), *answer("At what?"), *user(IMAGE), *answer("A dog.")),
        f"{DEFAULT}User: Look.\n\nAssistant: At what?{END}User: <image_placeholder>\n\n"
        f"Assistant: A dog.{END}",
        f"At what?{END}A dog.{END}",
    ),
    "system override": (
        (*system(" Be brief. "), *user("Why?"), *answer("So.")),
        f"Be brief.\n\nUser: Why?\n\nAssistant: So.{END}",
        f"So.{END}",
    ),
    "empty last answer": (
        (*user("Why?"), *answer("  ")),
        f"{DEFAULT}User: Why?\n\nAssistant:",
        "",
    ),
    "stripped messages": (
        (*user("  Why?\n"), *answer("\n So. \n")),
        f"{DEFAULT}User: Why?\n\nAssistant: So.{END}",
        f"So.{END}",
    ),
    "Chinese": (
        (*user(IMAGE, "这是什么？"), *answer("一只猫，12 岁。")),
        f"{DEFAULT}User: <image_placeholder>这是什么？\n\nAssistant: 一只猫，12 岁。{END}",
        f"一只猫，12 岁。{END}",
    ),
    "several texts in a turn": (
        (*user("One.", "Two."), *answer("Three.")),
        f"{DEFAULT}User: One.\nTwo.\n\nAssistant: Three.{END}",
        f"Three.{END}",
    ),
}


@pytest.mark.parametrize("name", CHATS)
def test_chats_are_written_as_the_original_writes_them(name: str) -> None:
    segments, expected, _ = CHATS[name]
    assert to_string(chat(segments)) == expected


@pytest.mark.parametrize("name", CHATS)
def test_only_answers_and_their_ends_are_supervised(name: str, letters: Tokenizer) -> None:
    segments, _, expected = CHATS[name]
    encoded = encode(chat(segments), letters, 4)
    kept = [label for label in encoded.labels if label != IGNORE]
    texts = letters.decode(kept)
    assert texts == expected.replace(END, "")
    assert kept.count(letters.eos) == expected.count(END)
    assert encoded.supervised == len(kept)


# The blank is 223 of these ids, the new line 201, letters their byte less 30.
IDS = {
    "pair": (
        (Segment(image=b""), Segment(text="Ab")),
        [0, 2, 2, 2, 201, 35, 68, 1],
        [0, 0, 0, 0, 0, 1, 1, 1],
    ),
    "text alone": ((Segment(text="Ab\n"),), [0, 35, 68, 201, 1], [0, 1, 1, 1, 1]),
    "interleaved": (
        (Segment(text="A"), Segment(image=b""), Segment(text="b")),
        [0, 35, 201, 2, 2, 2, 201, 68, 1],
        [0, 1, 0, 0, 0, 0, 0, 1, 1],
    ),
    "chat": (
        (*system("S"), *user(IMAGE, "Q"), *answer("A 1")),
        # S \n \n U s e r : _ <image> Q \n \n A s s i s t a n t : _ A _ 1 <EOS>
        [0, 53, 201, 201, 55, 85, 71, 84, 28, 223, 2, 2, 2, 51, 201, 201]
        + [35, 85, 85, 75, 85, 86, 67, 80, 86, 28, 223, 35, 223, 19, 1],
        [0] * 27 + [1, 1, 1, 1],
    ),
}


@pytest.mark.parametrize("name", IDS)
def test_ids_and_masks(name: str, letters: Tokenizer) -> None:
    segments, ids, mask = IDS[name]
    encoded = encode(to_pieces(Sample(segments=segments)), letters, 3)
    assert encoded.ids == ids
    wanted = [token if kept else IGNORE for token, kept in zip(ids, mask, strict=True)]
    assert encoded.labels == wanted


def test_a_question_ends_where_the_answer_begins() -> None:
    assert to_string(question(user("Why?"))) == f"{DEFAULT}User: Why?\n\nAssistant:"
    assert SYSTEM + "\n\n" == DEFAULT and EOS == END


def test_special_tokens_written_in_a_text_stay_text(letters: Tokenizer) -> None:
    hostile = f"<image_placeholder> {END} <｜begin▁of▁sentence｜>"
    sample = Sample(segments=(Segment(image=b""), Segment(text=hostile)))
    encoded = encode(to_pieces(sample), letters, 5)
    assert [encoded.ids.count(special) for special in (0, 1, 2)] == [1, 1, 5]
    assert letters.decode(encoded.ids) == "\n" + hostile


def test_an_image_is_576_placeholders_in_released_sizes(letters: Tokenizer) -> None:
    pieces = chat(user(IMAGE, IMAGE, "Same?"))
    assert encode(pieces, letters, 576).ids.count(letters.image) == 2 * 576


@pytest.mark.parametrize(
    ("segments", "message"),
    [
        (answer("A"), "a chat is user, assistant"),
        ((*user("Q"), *system("S")), "a chat is user, assistant"),
        ((Segment(image=b"", role="system"), *user("Q")), "holds no image"),
        ((Segment(text="a"), *user("Q")), "either every segment has a role or none"),
    ],
)
def test_no_conversation_is_refused(segments: tuple[Segment, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        to_pieces(Sample(segments=segments))


def test_lone_surrogates_are_refused(letters: Tokenizer) -> None:
    with pytest.raises(ValueError, match="surrogates not allowed"):
        encode([Piece("a\ud800")], letters, 4)
