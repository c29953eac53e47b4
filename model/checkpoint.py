"""Checkpoint directories: weights in safetensors, in the original's layout or `transformers`'.

Weights are streamed, one tensor at a time, into a model that was built empty: loading takes the
model's own size and little more. Pickled files are never opened.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

from model import config, processing
from model.names import Layout, Slot, is_unused, slot, tidy, unused_shapes
from model.sizes import Size
from model.vlm import VLM, fast_build

_INDEX = "model.safetensors.index.json"
_ALONE = "model.safetensors"


def load(folder: Path, dtype: torch.dtype = torch.float32, device: str = "cpu") -> VLM:
    """Loads a model from a checkpoint directory of either layout.

    Args:
        folder: the directory.
        dtype: type to hold the weights in.
        device: where to put them.

    Raises:
        ValueError: the directory is of another kind of model, lacks files or weights, or holds
            some of other shapes; the message names them.
    """
    size, layout = config.read(folder)
    model = empty(size, dtype, device)
    fill(model, layout, weight_files(folder))
    return model.eval()


def dtype_of(name: str) -> torch.dtype:
    """Returns torch's type of a name.

    Raises:
        ValueError: the model does not run in that type.
    """
    known = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
    if name not in known:
        raise ValueError(f"dtype {name!r} is none of {', '.join(known)}")
    return known[name]


def empty(size: Size, dtype: torch.dtype, device: str = "cpu") -> VLM:
    """Builds a model whose weights are not set, without ever holding a second copy."""
    with fast_build(dtype):
        model = VLM(size)
    model.to_empty(device=device)
    # What is computed, not stored.
    llama = model.language.model
    llama.rotary_emb = LlamaRotaryEmbedding(model.language.config).to(device)
    embeddings = model.vision.low.siglip.embeddings
    embeddings.register_buffer(
        "position_ids", torch.arange(size.image_tokens, device=device)[None], persistent=False
    )
    return model


def weight_files(folder: Path) -> list[Path]:
    """Returns the files that hold the weights of a directory.

    Raises:
        ValueError: some or all of them are not there.
    """
    if (folder / _INDEX).is_file():
        index: dict[str, dict[str, str]] = json.loads((folder / _INDEX).read_bytes())
        files = [folder / name for name in sorted(set(index["weight_map"].values()))]
        if missing := [file.name for file in files if not file.is_file()]:
            raise ValueError(f"{folder} lacks {', '.join(missing)}, which {_INDEX} lists")
        return files
    if (folder / _ALONE).is_file():
        return [folder / _ALONE]
    pickled = sorted(file.name for file in folder.glob("*.bin"))
    advice = f"; {', '.join(pickled)} is pickled: convert it to safetensors" if pickled else ""
    raise ValueError(f"{folder} has neither {_ALONE} nor {_INDEX}{advice}")


def fill(model: VLM, layout: Layout, files: list[Path]) -> None:
    """Copies the tensors of files into a model.

    Raises:
        ValueError: weights are missing, unknown, of another shape, or a file is cut short.
    """
    wanted = _places(model, layout)
    unknown, seen = [], set()
    for file in files:
        for name in _tensor_names(file):
            targets = wanted.get(tidy(name))
            if targets:
                _copy(_tensor(file, name), targets, name, file)
                seen.add(tidy(name))
            elif not is_unused(name):
                unknown.append(name)
    if missing := sorted(set(wanted) - seen):
        raise ValueError(f"{files[0].parent} lacks {_list(missing)}")
    if unknown:
        raise ValueError(f"{files[0].parent} holds weights of another model: {_list(unknown)}")


def _places(model: VLM, layout: Layout) -> dict[str, list[tuple[Slot, Tensor]]]:
    """A file's tensor -> the weights it goes to."""
    places: dict[str, list[tuple[Slot, Tensor]]] = {}
    for name, weight in model.state_dict(keep_vars=True).items():
        found = slot(name, layout, model.size)
        places.setdefault(found.name, []).append((found, weight))
    return places


def _tensor_names(file: Path) -> list[str]:
    try:
        with safe_open(file, "pt") as opened:
            return sorted(opened.keys())
    except SafetensorError as error:
        raise ValueError(f"{file} is no whole safetensors file: {error}") from error


def _tensor(file: Path, name: str) -> Tensor:
    """One tensor. The file is opened anew each time: else its pages stay mapped, and count."""
    with safe_open(file, "pt") as opened:
        tensor: Tensor = opened.get_tensor(name)
        return tensor


@torch.no_grad()
def _copy(tensor: Tensor, targets: list[tuple[Slot, Tensor]], name: str, file: Path) -> None:
    for found, weight in targets:
        part = tensor if found.third is None else tensor.chunk(3)[found.third]
        # The original keeps a leading 1 on its position embedding.
        if part.shape != weight.shape and part.shape != (1, *weight.shape):
            raise ValueError(
                f"{file.name}: {name} has shape {list(part.shape)}, expected {list(weight.shape)}"
            )
        weight.copy_(part.reshape(weight.shape))


def _list(names: list[str]) -> str:
    """The first few of many names."""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{len(names)} weights: {', '.join(names[:5])}{more}"


def save(model: VLM, folder: Path, layout: Layout, shard: int = 5_000_000_000) -> None:
    """Writes a model to a directory.

    Args:
        model: the model.
        folder: the directory, made if it is not there.
        layout: which names to write.
        shard: bytes a file holds at most; one larger tensor gets a file of its own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config.write(folder, model.size, layout, str(model.dtype).removeprefix("torch."))
    processing.write(folder, model.size, layout)
    groups = _cut(list(stored_shapes(model, layout).items()), shard * 1.0 / model.dtype.itemsize)
    several = len(groups) > 1
    weight_map: dict[str, str] = {}
    for number, names in enumerate(groups, 1):
        file = f"model-{number:05}-of-{len(groups):05}.safetensors" if several else _ALONE
        save_file(dict(_stored(model, layout, set(names))), folder / file, {"format": "pt"})
        weight_map |= dict.fromkeys(names, file)
    if several:
        total = sum(weight.numel() for weight in model.parameters()) * model.dtype.itemsize
        index = {"metadata": {"total_size": total}, "weight_map": weight_map}
        (folder / _INDEX).write_text(json.dumps(index, indent=2, sort_keys=True) + "\n")


def stored_shapes(model: VLM, layout: Layout) -> dict[str, tuple[int, ...]]:
    """Returns the tensors that a model is saved as, with their shapes."""
    shapes = {}
    for name, targets in _places(model, layout).items():
        first, *rest = targets[0][1].shape
        shape = (first * len(targets), *rest)
        shapes[name] = (1, *shape) if _leads(name, layout, model.size) else shape
    return shapes | (unused_shapes(model.size) if layout == "original" else {})


def _leads(name: str, layout: Layout, size: Size) -> bool:
    """Whether the original stores a leading 1 that we do not: SigLIP's position embedding."""
    low = slot("vision.low.siglip.embeddings.position_embedding.weight", layout, size).name
    return layout == "original" and name == low


def _cut(shapes: list[tuple[str, tuple[int, ...]]], room: float) -> list[list[str]]:
    """Names of tensors, cut into files by how many numbers a file holds."""
    groups: list[list[str]] = [[]]
    left = room
    for name, shape in shapes:
        count = torch.Size(shape).numel()
        if count > left and groups[-1]:
            groups.append([])
            left = room
        groups[-1].append(name)
        left -= count
    return groups


def _stored(model: VLM, layout: Layout, names: set[str]) -> Iterator[tuple[str, Tensor]]:
    """The tensors of a file; parts that no forward uses are zeros, so that the set is whole."""
    shapes = stored_shapes(model, layout)
    places = _places(model, layout)
    for name in names:
        if name in places:
            parts = [weight.detach() for _, weight in sorted(places[name], key=_third)]
            tensor = parts[0] if len(parts) == 1 else torch.cat(parts)
            yield name, tensor.reshape(shapes[name]).contiguous().cpu()
        else:
            yield name, torch.zeros(shapes[name], dtype=model.dtype)


def _third(target: tuple[Slot, Tensor]) -> int:
    return target[0].third or 0
