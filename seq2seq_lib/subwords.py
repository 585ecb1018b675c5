"""Words cut into the pieces that are common, by byte-pair encoding (Sennrich et al. 2016)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import tokenizers

from seq2seq_lib.vocabulary import BOS, EOS, PAD, SPECIALS, UNK, Numbering, Vocabulary

END = "▁"  # one character, so that it is a symbol of its own, as in the paper's listing


@dataclass(frozen=True)
class Subwords:
    """A vocabulary of pieces of words, with the interface of `Vocabulary`: words in, words out.

    tokens: the pieces, after the four specials; one that ends a word ends in "▁". merges: the
    pairs of pieces that are joined, the first first.
    """

    tokens: tuple[str, ...]
    merges: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        Vocabulary(self.tokens)  # the same is wanted of the list of entries
        known = set(self.tokens)
        for left, right in self.merges:
            if not {left, right, left + right} <= known:
                raise ValueError(f"merges: wanted pieces of the vocabulary, got {left!r} {right!r}")

    @classmethod
    def build(cls, sentences: Iterable[Sequence[str]], *, size: int) -> Subwords:
        """Merge the most frequent pair of pieces again and again, up to `size` entries.

        The specials and every character that occurs are entries from the start. The same corpus
        gives the same pieces everywhere. Raises ValueError for an empty corpus, for a word with a
        space or "▁" in it, and for a size that the first entries alone exceed.
        """
        words = [list(sentence) for sentence in sentences]
        if not any(words):
            raise ValueError("a vocabulary needs at least one token, the corpus has none")
        for word in {word for sentence in words for word in sentence}:
            if END in word or word.split() != [word]:
                raise ValueError(f"wanted words without spaces and {END!r}, got {word!r}")
        model = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token=SPECIALS[UNK]))
        model.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
        trainer = tokenizers.trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=list(SPECIALS),
            show_progress=False,
        )
        ended = (" ".join(word + END for word in sentence) for sentence in words)
        model.train_from_iterator(ended, trainer)
        numbers = model.get_vocab()
        if len(numbers) > size:
            raise ValueError(f"size: wanted at least {len(numbers)}, the characters, got {size}")
        return cls(tuple(sorted(numbers, key=numbers.__getitem__)), _merges(model))

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {token: number for number, token in enumerate(self.tokens)}

    @cached_property
    def _model(self) -> tokenizers.models.BPE:
        return tokenizers.models.BPE(vocab=self._numbers, merges=list(self.merges))

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, word: str) -> bool:
        """Whether the word can be spelled."""
        return UNK not in self._spell(word)

    def _spell(self, word: str) -> list[int]:
        known = all(letter in self._numbers for letter in word) and END not in word
        return [piece.id for piece in self._model.tokenize(word + END)] if word and known else [UNK]

    def encode(self, tokens: Sequence[str], *, strict: bool = False) -> list[int]:
        """The numbers of the words' pieces. A word with an unknown character becomes one `<unk>`;
        `strict` makes it an error."""
        numbers = []
        for word in tokens:
            spelled = self._spell(word)
            if strict and UNK in spelled:
                raise ValueError(f"wanted words that these pieces spell, got {word!r}")
            numbers += spelled
        return numbers

    def decode(self, numbers: Iterable[int]) -> list[str]:
        """The words of these numbers, up to the first `<eos>`; `<pad>` and `<bos>` are skipped.

        A beginning that no end follows is a word as it is. Raises ValueError for a number that the
        vocabulary does not have.
        """
        words, begun = [], ""
        for number in numbers:
            if number == EOS:
                break
            if not 0 <= number < len(self):
                raise ValueError(f"wanted numbers from 0 to {len(self) - 1}, got {number}")
            if number in (PAD, BOS):
                continue
            piece = self.tokens[number]
            if number == UNK:
                words += [begun, piece] if begun else [piece]
                begun = ""
            elif piece.endswith(END):
                words.append(begun + piece.removesuffix(END))
                begun = ""
            else:
                begun += piece
        return [*words, begun] if begun else words

    def to_plain(self) -> dict:
        """As plain values, for JSON."""
        return {"pieces": list(self.tokens), "merges": [list(pair) for pair in self.merges]}


def _merges(model: tokenizers.Tokenizer) -> tuple[tuple[str, str], ...]:
    merges = json.loads(model.to_str())["model"]["merges"]
    return tuple(tuple(pair.split(" ") if isinstance(pair, str) else pair) for pair in merges)


def from_plain(values: list | dict) -> Numbering:
    """The vocabulary that `to_plain` gave: of words if it is a list, else of pieces."""
    if isinstance(values, list):
        return Vocabulary(tuple(values))
    return Subwords(tuple(values["pieces"]), tuple((a, b) for a, b in values["merges"]))
