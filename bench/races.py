"""The races: training, and translating."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import nn

from bench import peers, tutorial
from bench.marian import twin
from bench.timing import Entrant, Row, race, rows
from bench.work import LEARNING_RATE, Loss, Work, ours, training
from seq2seq_lib.batching import pad
from seq2seq_lib.schedule import TrainingConfig
from seq2seq_lib.search import translate
from seq2seq_lib.training import evaluating, train
from seq2seq_lib.vocabulary import BOS, EOS, PAD

OURS, NARROW = "the library", "the library, bfloat16"
USUAL, CAREFUL = "usual tutorial", "in d2l's manner"
OTHER = "Bahdanau's in d2l's manner"
USUAL_TORCH, TORCH = "usual tutorial, nn.Transformer", "nn.Transformer, our batches"
USUAL_MARIAN, MARIAN = "Hugging Face Marian, unsorted", "Hugging Face Marian, our batches"
X_TRANSFORMERS = "x-transformers, our batches"
LOOP = "one sentence at a time"
GENERATE, SORTED = "Hugging Face generate", "Hugging Face generate, sorted"
# The loop's rate is the same for any number of sentences: it does that many of them.
LOOPED = 20

# For each model and manner the least times as fast that was aimed at; "" is the best peer.
AIMS = {
    "fixed context": {"float32": 2.0, "bfloat16": 3.5},
    "attention": {"float32": 4.0, "bfloat16": 6.5},
    "dot attention": {"float32": 4.0, "bfloat16": 6.5},
    "Transformer": {"float32": 1.7},
}
TRANSLATING = {LOOP: 10.0, "": 2.0}


def recurrent(work: Work, context: str) -> dict[str, tuple[nn.Module, Loss, str]]:
    """The entrants with a recurrent model: model, loss and whose batches. Dive into Deep Learning
    attends in Bahdanau's way alone, which is then what stands beside Luong's."""
    made = [work.model(work.recurrent(context)) for _ in range(4)]
    careful = CAREFUL
    if context == "luong":
        careful, made[2] = OTHER, work.model(work.recurrent("bahdanau"))
    entrants = {
        OURS: (made[0], ours(made[0]), "sorted"),
        USUAL: (made[1], tutorial.word_by_word(made[1]), "unsorted"),
        careful: (made[2], tutorial.projected_once(made[2]), "unsorted"),
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


CONTEXTS = {"fixed context": "every step", "attention": "bahdanau", "dot attention": "luong"}
TRAINED: dict[str, Callable[[Work], dict[str, tuple[nn.Module, Loss, str]]]] = {
    **{name: partial(recurrent, context=context) for name, context in CONTEXTS.items()},
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
    settings = work.settings
    if settings.schooling:
        config = TrainingConfig(
            steps=settings.schooling,
            tokens=settings.tokens,
            learning_rate=LEARNING_RATE,
            validate_every=settings.schooling,
            output_bias="frequencies",
        )
        look, chance = work.examples[:: len(work.examples) // 100], torch.Generator().manual_seed(1)
        train(model, work.examples, look, config, generator=chance, progress=False)
    return model.eval()


# The translations by the sentences' places.
Said = dict[int, list[str]]


def translators(
    work: Work, model: Any, width: int, sentences: Sequence[tuple[str, ...]]
) -> dict[str, Callable[[], Said]]:
    """Who translates, and how: each gives the translations of all the sentences, the loop of
    `LOOPED` of them, spread over all."""
    vocabularies, together = work.vocabularies, work.settings.together
    numbers = [[*vocabularies.source.encode(words), EOS] for words in sentences]
    decode = vocabularies.target.decode

    def by_library() -> Said:
        with evaluating(model):
            return dict(enumerate(translate(model, sentences, vocabularies, width=width)))

    def by_loop() -> Said:
        places = range(0, len(numbers), max(1, len(numbers) // LOOPED))
        with evaluating(model):
            return {
                place: decode(tutorial.translate(model, numbers[place], width)) for place in places
            }

    found = {OURS: by_library, LOOP: by_loop}
    if model.config.kind == "transformer" and peers.installed("transformers"):
        other, everyone = twin(model), range(len(numbers))
        order = sorted(everyone, key=lambda place: len(numbers[place]))
        found[GENERATE] = lambda: generated(other, numbers, width, everyone, together, decode)
        found[SORTED] = lambda: generated(other, numbers, width, order, together, decode)
    return found


def generated(
    other: Any,
    numbers: Sequence[Sequence[int]],
    width: int,
    order: Sequence[int],
    together: int,
    decode: Callable[[list[int]], list[str]],
) -> Said:
    """What Hugging Face's `generate` says, `together` sentences at a time, in this order."""
    said: Said = {}
    for first in range(0, len(order), together):
        places = order[first : first + together]
        source, mask = pad([numbers[place] for place in places])
        rows = other.generate(
            input_ids=source,
            attention_mask=mask.long(),
            num_beams=width,
            do_sample=False,
            max_new_tokens=2 * source.shape[1] + 10,
            suppress_tokens=[PAD, BOS],
            **({"length_penalty": 0.0} if width > 1 else {}),
        )
        said |= zip(places, map(decode, rows[:, 1:].tolist()), strict=True)
    return said


def translating_rows(work: Work, name: str) -> tuple[list[Row], list[str]]:
    """Sentences translated in a second, greedily and with a beam of 5, and how many of the peers'
    translations are the library's own, word for word."""
    config = work.recurrent(CONTEXTS[name]) if name in CONTEXTS else work.transformer()
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
        words = sum(len(one) for one in said[OURS].values()) / len(sentences)
        for way in ways.keys() - {OURS}:
            same = sum(one == said[OURS][place] for place, one in said[way].items())
            notes.append(
                f"{how}, {name}: {same} of {len(said[way])} translations of {way} are the "
                f"library's ({words:.0f} words each)"
            )
    return found, sorted(notes)


def counted(translated: Callable[[], Said]) -> Entrant:
    """A round of translating: how many sentences."""
    return lambda: len(translated())
