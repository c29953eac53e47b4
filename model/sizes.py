"""The sizes of the model in one table: the paper's two, and `tiny` for CPU builds and tests.

Counts of parameters are those of the released files, parts that no forward uses included:

    size     vision                    adaptor       language model    all
    1.3b     316,283,904               6,295,552     1,652,656,128     1,975,235,584
    7b       412,644,609               20,979,712    6,910,365,696     7,343,990,017
"""

from dataclasses import dataclass

IMAGE_TAG = "<image_placeholder>"
BOS = "<\uff5cbegin\u2581of\u2581sentence\uff5c>"
EOS = "<\uff5cend\u2581of\u2581sentence\uff5c>"

# What the towers subtract and divide by; the first pair is OpenAI's CLIP's, which SAM's tower uses.
HIGH_MEAN, HIGH_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
LOW_MEAN, LOW_STD = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Low:
    """The SigLIP tower.

    Attributes:
        image: side of its square input in pixels.
        patch: side of a patch in pixels.
        width: features a token.
        depth: blocks.
        heads: attention heads a block.
        mlp: width inside a block's MLP.
    """

    image: int = 384
    patch: int = 16
    width: int = 1024
    depth: int = 24
    heads: int = 16
    mlp: int = 4096

    @property
    def grid(self) -> int:
        """Tokens along one side of an image."""
        return self.image // self.patch


@dataclass(frozen=True, slots=True, kw_only=True)
class High:
    """The SAM tower, up to its neck; the two convolutions behind it double the channels twice.

    Attributes:
        image: side of its square input in pixels.
        patch: side of a patch in pixels.
        width: features a token.
        depth: blocks.
        heads: attention heads a block.
        mlp: width inside a block's MLP.
        out: channels of the neck.
        window: side of a local attention window in tokens.
        global_blocks: blocks that attend over the whole image; the first feeds the second neck.
    """

    image: int = 1024
    patch: int = 16
    width: int = 768
    depth: int = 12
    heads: int = 12
    mlp: int = 3072
    out: int = 256
    window: int = 14
    global_blocks: tuple[int, ...] = (2, 5, 8, 11)


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The Llama-like language model."""

    width: int = 4096
    mlp: int = 11008
    depth: int = 30
    heads: int = 32
    kv_heads: int = 32
    vocab: int = 102_400
    context: int = 16_384
    rope_theta: float = 10_000.0
    eps: float = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A whole model.

    Attributes:
        name: for people.
        low: the SigLIP tower.
        high: the SAM tower, or None for SigLIP alone.
        language: the language model.
        image_token: id that stands where an image's features go.
        trained_context: tokens a sequence in training, which scoring does not pass.
        image_batch: images encoded at once, always just that many, so that a feature does not
            depend on its neighbours.
        pack: tokens of one packed row; longer samples get a row of several times that.
    """

    name: str
    low: Low
    high: High | None
    language: Language
    image_token: int = 100_015
    trained_context: int = 4096
    image_batch: int = 1
    pack: int = 4096

    def __post_init__(self) -> None:
        if self.high and 4 * self.high.out != self.low.width:
            raise ValueError(
                f"size {self.name}: four times the neck's channels ({self.high.out}) must be the "
                f"low tower's width ({self.low.width})"
            )

    @property
    def image_tokens(self) -> int:
        """Tokens an image takes in a sequence: 576 in the released sizes."""
        return self.low.grid**2

    @property
    def input_side(self) -> int:
        """Side of the padded image, that of the finest tower."""
        return self.high.image if self.high else self.low.image

    @property
    def background(self) -> tuple[int, ...]:
        """Colour of the padding: the finest tower's mean, truncated.

        >>> SIZES["7b"].background, SIZES["1.3b"].background
        ((122, 116, 104), (127, 127, 127))
        """
        return tuple(int(mean * 255) for mean in (HIGH_MEAN if self.high else LOW_MEAN))


SIZES = {
    size.name: size
    for size in (
        Size(
            name="tiny",
            low=Low(image=128, width=128, depth=2, heads=4, mlp=384),
            high=High(
                image=256,
                width=96,
                depth=4,
                heads=3,
                mlp=288,
                out=32,
                window=8,
                global_blocks=(1, 3),
            ),
            language=Language(
                width=160, mlp=432, depth=4, heads=5, kv_heads=5, vocab=1024, context=1024
            ),
            image_token=2,
            trained_context=1024,
            image_batch=4,
            pack=1024,
        ),
        Size(
            name="1.3b",
            low=Low(),
            high=None,
            language=Language(width=2048, mlp=5632, depth=24, heads=16, kv_heads=16),
        ),
        Size(name="7b", low=Low(), high=High(), language=Language()),
    )
}
