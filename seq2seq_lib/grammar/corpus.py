"""The corpus: sentences sorted into splits, the same from the same seed everywhere."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from seq2seq_lib.corpora import COLUMNS

from .chains import sentence
from .choosing import Choice, DeadEnd
from .sampling import Sampler
from .surface import Derived, realise

SIZES = {"train": 20000, "valid": 1000, "test": 1000, "long": 500, "novel": 500}
BUCKETS = ((3, 6, 0.20), (7, 10, 0.26), (11, 15, 0.24), (16, 20, 0.17), (21, 25, 0.13))
HELD_OUT = 4  # of a hundred lemma pairs


def held_out(pair: tuple[str, str]) -> bool:
    """Whether a pair of lemmas is kept for `novel`: by a hash, so that it never changes."""
    digest = hashlib.sha256("|".join(pair).encode("utf-8")).digest()
    return int.from_bytes(digest[:4], "big") % 100 < HELD_OUT


def is_novel(derived: Derived) -> bool:
    """Whether the pair holds at least one held-out combination."""
    return any(held_out(pair) for pair in derived.combinations)


def line(derived: Derived) -> str:
    """One line of a corpus file."""
    return "\t".join((
        " ".join(derived.source),
        " ".join(derived.target),
        " ".join(f"{source}-{target}" for source, target in derived.alignment),
        ",".join(derived.phenomena),
        " ".join(f"{position}:{','.join(rivals)}" for position, rivals in derived.agreement),
    ))


def draw(sampler: Sampler, low: int, high: int, size: int) -> Derived | None:
    """One sentence, or None if it led nowhere or its length is out of bounds."""
    try:
        derived = realise(sentence(sampler, size))
    except DeadEnd:
        return None
    if not low <= len(derived.source) <= high or not 3 <= len(derived.target) <= max(high, 25):
        return None
    return derived


def fill(sampler: Sampler, count: int, bounds: tuple[int, int], sizes: tuple[int, ...],
         wanted: Callable[[Derived], bool], seen: set[tuple[str, ...]]) -> list[Derived]:
    """`count` new sentences of the length asked for that are `wanted`."""
    found: list[Derived] = []
    tries = 0
    while len(found) < count:
        tries += 1
        if tries > 400 * count + 10000:
            raise ValueError(f"corpus: wanted {count} sentences of {bounds} words; "
                             f"got {len(found)} after {tries} tries")
        derived = draw(sampler, *bounds, sampler.choice.of(sizes))
        if derived is None or derived.source in seen or not wanted(derived):
            continue
        seen.add(derived.source)
        found.append(derived)
    return found


def bucketed(sampler: Sampler, count: int, wanted: Callable[[Derived], bool],
             seen: set[tuple[str, ...]]) -> list[Derived]:
    """Sentences of 3 to 25 words in the proportions of BUCKETS."""
    found: list[Derived] = []
    sizes = ((0,), (0, 1, 2), (1, 2, 2), (2, 3), (3, 4))
    for index, (low, high, share) in enumerate(BUCKETS):
        last = index == len(BUCKETS) - 1
        some = count - len(found) if last else round(count * share)
        found += fill(sampler, some, (low, high), sizes[index], wanted, seen)
    return found


def shuffled(items: list[Derived], choice: Choice) -> list[Derived]:
    """The items in an order drawn from `choice`."""
    order = list(items)
    for index in range(len(order) - 1, 0, -1):
        other = choice.between(0, index)
        order[index], order[other] = order[other], order[index]
    return order


def generate(seed: int = 2017, sizes: dict[str, int] | None = None) -> dict[str, list[Derived]]:
    """Every split, by name. The other splits have no word form that train has not."""
    sizes = sizes or SIZES
    choice = Choice(seed)
    sampler = Sampler(choice)
    seen: set[tuple[str, ...]] = set()
    splits: dict[str, list[Derived]] = {}

    def ordinary(derived: Derived) -> bool:
        return not is_novel(derived)

    for name in ("test", "valid", "train"):
        splits[name] = shuffled(bucketed(sampler, sizes[name], ordinary, seen), choice)
    source, target = _forms(splits["train"])

    def known(derived: Derived) -> bool:
        return set(derived.source) <= source and set(derived.target) <= target

    for name in ("test", "valid"):
        splits[name] = [derived for derived in splits[name] if known(derived)]
        missing = sizes[name] - len(splits[name])
        splits[name] += bucketed(sampler, missing, lambda d: ordinary(d) and known(d), seen)
    splits["long"] = fill(sampler, sizes["long"], (26, 45), (4, 5, 6),
                          lambda d: ordinary(d) and known(d), seen)
    splits["novel"] = bucketed(sampler, sizes["novel"], lambda d: is_novel(d) and known(d), seen)
    splits["novel"] = shuffled(splits["novel"], choice)
    return splits


def _forms(pairs: list[Derived]) -> tuple[set[str], set[str]]:
    return ({token for pair in pairs for token in pair.source},
            {token for pair in pairs for token in pair.target})


def write(folder: Path, splits: dict[str, list[Derived]]) -> None:
    """One tab-separated file a split."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, pairs in splits.items():
        lines = ["\t".join(COLUMNS), *(line(pair) for pair in pairs)]
        (folder / f"{name}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
