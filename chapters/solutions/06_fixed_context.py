"""Chapter 06, worked solutions: can a sentence fit in one vector?"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from seq2seq_lib.vocabulary import BOS, EOS


def exercise_06_1(words: Tensor, W: Tensor, U: Tensor, b: Tensor) -> Tensor:
    """The same small step for each word: the state is all that goes from one to the next."""
    state = torch.zeros_like(b)
    for word in words:
        state = torch.tanh(W @ word + U @ state + b)
    return state


def exercise_06_2(
    word: Tensor, state: Tensor, context: Tensor, cell: Callable, combine: Tensor, output: Tensor
) -> tuple[Tensor, Tensor]:
    """The context stands beside the word on the way in and beside the state on the way out."""
    state = cell(torch.cat([word, context], dim=-1), state)
    seen = torch.tanh(torch.cat([state, context], dim=-1) @ combine.T)
    return seen @ output.T, state


def exercise_06_3(source: Tensor, lengths: Tensor) -> Tensor:
    """A new tensor, and in each row only the first `length` places change."""
    turned = source.clone()
    for row, length in enumerate(lengths.tolist()):
        turned[row, :length] = source[row, :length].flip(0)
    return turned


def exercise_06_4(model, source: Tensor, mask: Tensor, limit: int) -> list[int]:
    """Read once; then each choice is the next input, and the state goes along."""
    memory, state = model.encode(source, mask)
    word, said = torch.tensor([[BOS]]), []
    while len(said) < limit:
        decoded = model.decode(word, state, memory)
        chosen = decoded.logits[0, -1].argmax()
        if chosen == EOS:
            break
        said.append(chosen.item())
        word, state = chosen.view(1, 1), decoded.state
    return said


def exercise_06_5(outputs: Tensor, mask: Tensor) -> Tensor:
    """Each row has its own last place, so rows and places are given together."""
    places = mask.sum(dim=1) - 1
    return outputs[torch.arange(len(outputs)), places]


def exercise_06_6(
    sources: Sequence[Sequence[str]],
    hypotheses: Sequence[str],
    references: Sequence[str],
    buckets: Sequence[tuple[int, int]],
    score: Callable[[list[str], list[str]], float],
) -> dict[tuple[int, int], float]:
    """Choose by the source, which the model did not write; score a bucket as one corpus."""
    scores = {}
    for low, high in buckets:
        rows = [i for i, words in enumerate(sources) if low <= len(words) <= high]
        if rows:
            chosen = [hypotheses[i] for i in rows], [references[i] for i in rows]
            scores[low, high] = score(*chosen)
    return scores


def exercise_06_7(vocabulary: int, length: int, levels: int) -> int:
    """Pigeonholes: as many states as sentences. Whole numbers, since logarithms round."""
    sentences, width, states = vocabulary**length, 0, 1
    while states < sentences:
        width, states = width + 1, states * levels
    return width


def exercise_06_8(source_size: int, target_size: int, embedding: int, width: int) -> int:
    """Tables, gates, output; the context itself costs nothing."""
    tables = (source_size + target_size) * embedding
    gate = width * embedding + width * width + 2 * width
    output = target_size * width + target_size
    return tables + 2 * 3 * gate + output
