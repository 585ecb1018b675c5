"""The races: training, and translating."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from bench import peers, tutorial
from bench.marian import twin
from bench.timing import Entrant, Row, race, rows
from bench.work import Loss, Work, ours, training
from seq2seq_lib.batching import batches, pad
from seq2seq_lib.search import translate
from seq2seq_lib.training import evaluating
from seq2seq_lib.vocabulary import BOS, EOS, PAD

OURS, NARROW = "the library", "the library, bfloat16"
USUAL, CAREFUL = "usual tutorial", "in d2l's manner"
USUAL_TORCH, TORCH = "usual tutorial, nn.Transformer", "nn.Transformer, our batches"
USUAL_MARIAN, MARIAN = "Hugging Face Marian, unsorted", "Hugging Face Marian, our batches"
X_TRANSFORMERS = "x-transformers, our batches"
LOOP = "one sentence at a time"

# For each model and manner the least times as fast that was aimed at; "" is the best peer.
AIMS = {
    "fixed context": {"float32": 2.0, "bfloat16": 3.5},
    "attention": {"float32": 4.0, "bfloat16": 6.5},
    "Transformer": {"float32": 1.7},
}
TRANSLATING = {LOOP: 10.0, "Hugging Face generate": 2.0}


def recurrent(work: Work, context: str) -> dict[str, tuple[nn.Module, Loss, str]]:
    """The entrants with a recurrent model: model, loss and whose batches."""
    made = [work.model(work.recurrent(context)) for _ in range(4)]
    entrants = {
        OURS: (made[0], ours(made[0]), "sorted"),
        USUAL: (made[1], tutorial.word_by_word(made[1]), "unsorted"),
        CAREFUL: (made[2], tutorial.projected_once(made[2]), "unsorted"),
    }
    if work.settings.bfloat16:
        entrants[NARROW] = (made[3], ours(made[3], bfloat16=True), "sorted")
    return entrants


def transformer(work: Work) -> dict[str, tuple[nn.Module, Loss, str]]:
    """The entrants with a Transformer."""
    config = work.transformer()
    model = work.model(config)
    entrants = {
        OURS: (model, ours(model), "sorted"),
        USUAL_TORCH: (*peers.by_torch(config), "unsorted"),
        TORCH: (*peers.by_torch(config), "sorted"),
    }
    if peers.installed("transformers"):
        entrants[USUAL_MARIAN] = (*peers.by_hugging_face(work.model(config)), "unsorted")
        entrants[MARIAN] = (*peers.by_hugging_face(work.model(config)), "sorted")
    if peers.installed("x_transformers"):
        entrants[X_TRANSFORMERS] = (*peers.by_x_transformers(config), "sorted")
    return entrants


TRAINED: dict[str, Callable[[Work], dict[str, tuple[nn.Module, Loss, str]]]] = {
    "fixed context": lambda work: recurrent(work, "every step"),
    "attention": lambda work: recurrent(work, "bahdanau"),
    "Transformer": transformer,
}


def training_rows(work: Work, name: str) -> list[Row]:
    """Real target tokens trained on in a second, for the model of that name."""
    entrants = {
        entrant: training(
            model,
            loss,
            work.sorted if batching == "sorted" else work.unsorted,
            fused=entrant in (OURS, NARROW),
        )
        for entrant, (model, loss, batching) in TRAINED[name](work).items()
    }
    result = race(entrants, work.settings.rounds, work.settings.clock)
    what, aims = f"training, {name}, target tokens/s", AIMS[name]
    found = []
    for ourselves, precision in ((OURS, "float32"), (NARROW, "bfloat16")):
        if ourselves in result.rates:
            rest = {OURS, NARROW} - {ourselves}
            kept = type(result)({k: v for k, v in result.rates.items() if k not in rest})
            said = what if precision == "float32" else f"{what}, bfloat16"
            found += rows(said, kept, ourselves, {"": aims[precision]} if precision in aims else {})
    return found


def school(work: Work, model: Any) -> Any:
    """The model after a short training, so that its sentences end; in `eval` mode."""
    ready = batches(
        work.examples, tokens=work.settings.tokens, generator=torch.Generator().manual_seed(1)
    )[: work.settings.schooling]
    if ready:
        training(model, ours(model), ready, fused=True)()
    return model.eval()


def translators(
    work: Work, model: Any, width: int, sentences: Sequence[tuple[str, ...]]
) -> dict[str, Callable[[], list[list[str]]]]:
    """Who translates, and how: each gives the translations of all the sentences."""
    vocabularies = work.vocabularies
    numbers = [[*vocabularies.source.encode(words), EOS] for words in sentences]
    decode = vocabularies.target.decode

    def by_library() -> list[list[str]]:
        with evaluating(model):
            return translate(model, sentences, vocabularies, width=width)

    def by_loop() -> list[list[str]]:
        with evaluating(model):
            return [decode(tutorial.translate(model, row, width)) for row in numbers]

    found = {OURS: by_library, LOOP: by_loop}
    if model.config.kind == "transformer" and peers.installed("transformers"):
        other = twin(model)
        more = {"length_penalty": 0.0} if width > 1 else {}

        def by_generate() -> list[list[str]]:
            source, mask = pad(numbers)
            said = other.generate(
                input_ids=source,
                attention_mask=mask.long(),
                num_beams=width,
                do_sample=False,
                max_new_tokens=2 * source.shape[1] + 10,
                suppress_tokens=[PAD, BOS],
                **more,
            )
            return [decode(row) for row in said[:, 1:].tolist()]

        found["Hugging Face generate"] = by_generate
    return found


def translating_rows(work: Work, name: str) -> tuple[list[Row], list[str]]:
    """Sentences translated in a second, greedily and with a beam of 5, and how many of the peers'
    translations are the library's own, word for word."""
    config = work.transformer() if name == "Transformer" else work.recurrent("bahdanau")
    model = school(work, work.model(config))
    step = max(1, len(work.splits.test) // work.settings.sentences)
    sentences = [pair.source for pair in work.splits.test[::step]][: work.settings.sentences]
    found, notes = [], []
    for width, how in ((1, "greedy"), (5, "beam 5")):
        ways = translators(work, model, width, sentences)
        said = {way: translated() for way, translated in ways.items()}
        entrants = {way: counted(translated) for way, translated in ways.items()}
        result = race(entrants, work.settings.rounds, work.settings.clock)
        found += rows(f"{how}, {name}, sentences/s", result, OURS, TRANSLATING)
        words = sum(len(one) for one in said[OURS]) / len(sentences)
        for way in ways.keys() - {OURS}:
            same = sum(a == b for a, b in zip(said[OURS], said[way], strict=True))
            notes.append(
                f"{how}, {name}: {same} of {len(sentences)} translations of {way} are the "
                f"library's ({words:.0f} words each)"
            )
    return found, sorted(notes)


def counted(translated: Callable[[], list[list[str]]]) -> Entrant:
    """A round of translating: how many sentences."""
    return lambda: len(translated())
