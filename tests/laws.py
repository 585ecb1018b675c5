"""The laws every model obeys, as functions of a model: `test_laws.py` applies them to all variants,
`test_planted_bugs.py` to models broken on purpose."""

import dataclasses
import itertools
import math

import torch
from torch.testing import assert_close

from seq2seq_lib import losses, search
from seq2seq_lib.batching import Batch, collate
from seq2seq_lib.losses import cross_entropy, elbo
from seq2seq_lib.sampling import sample
from seq2seq_lib.vocabulary import BOS, EOS, PAD
from tests.equations import by_equations
from tests.variants import TARGET_SIZE, decode_all, random_batch, random_examples

LIMIT = 4


def seen(state) -> dict:
    """What a state of one row holds of real tokens: a cache has a column for padding too."""
    held = dict(vars(state))
    if "pairs" in held:
        real = held["mask"][0]
        held["mask"] = held["mask"][:, real]
        held["pairs"] = [[part[:, :, real] for part in pair] for pair in held["pairs"]]
    return held


def pieces_equal_whole(model) -> None:
    """Decoding in pieces equals decoding at once."""
    batch = random_batch()
    memory, state, whole = decode_all(model, batch)
    for sizes in ([1] * batch.inputs.shape[1], [3, batch.inputs.shape[1] - 3]):
        carried, logits, attention = state, [], []
        for tokens in batch.inputs.split(sizes, dim=1):
            piece = model.decode(tokens, carried, memory)
            carried = piece.state
            logits.append(piece.logits)
            attention.append(piece.attention)
        assert_close(torch.cat(logits, dim=1), whole.logits)
        assert_close(vars(carried), vars(whole.state))
        if whole.attention is not None:
            assert_close(torch.cat(attention, dim=1), whole.attention)


def future_is_unseen(model) -> None:
    """Changing the future changes nothing before it, in evaluation and in training."""
    batch = random_batch()
    for training in (False, True):
        model.train(training)
        torch.manual_seed(0)  # the same dropout in every pass
        _, _, before = decode_all(model, batch)
        for cut in range(1, batch.inputs.shape[1]):
            changed = batch.inputs.clone()
            changed[:, cut:] = 4 + (changed[:, cut:] + 1) % (TARGET_SIZE - 4)
            torch.manual_seed(0)
            memory, state = model.encode(batch.source, batch.source_mask)
            after = model.decode(changed, state, memory)
            assert_close(after.logits[:, :cut], before.logits[:, :cut])
            assert not torch.allclose(after.logits[:, cut:], before.logits[:, cut:])
    model.eval()


def padding_is_unseen(model) -> None:
    """A sentence alone and in a ragged batch give the same logits, state and context."""
    batch = random_batch()
    memory, state, together = decode_all(model, batch)
    for row in range(len(batch.source)):
        source = int(batch.source_mask[row].sum())
        target = int(batch.target_mask[row].sum())
        alone = Batch(
            batch.source[row : row + 1, :source],
            batch.source_mask[row : row + 1, :source],
            *(part[row : row + 1, :target] for part in (batch.inputs, batch.targets)),
            batch.target_mask[row : row + 1, :target],
        )
        own_memory, own_state, own = decode_all(model, alone)
        here = torch.tensor([row])
        assert_close(seen(state.select(here)), seen(own_state))
        assert_close(together.logits[here, :target], own.logits)
        if memory.context is not None:
            assert_close(memory.context[here], own_memory.context)
        if own.attention is not None:
            assert_close(together.attention[here, :target, :source], own.attention)
            assert together.attention[row, :, source:].eq(0).all()


def what_stands_in_the_padding_is_unseen(model) -> None:
    """The padding may hold anything: only the mask says what is real."""
    batch = random_batch()
    _, _, before = decode_all(model, batch)
    noise = torch.where(batch.source_mask, batch.source, torch.full_like(batch.source, 5))
    memory, state = model.encode(noise, batch.source_mask)
    assert_close(model.decode(batch.inputs, state, memory).logits, before.logits)


def rows_do_not_mix(model) -> None:
    """Permuting the batch permutes the result; a row's source moves no other row."""
    batch = random_batch()
    memory, state, before = decode_all(model, batch)
    order = torch.tensor([2, 0, 3, 1])
    _, _, after = decode_all(model, batch.select(order))
    assert_close(after.logits, before.logits[order])
    picked = model.decode(batch.inputs[order], state.select(order), memory.select(order))
    assert_close(picked.logits, before.logits[order])
    changed = batch.source.clone()
    changed[0, 0] = 4 + (changed[0, 0] - 3) % 5
    memory, state = model.encode(changed, batch.source_mask)
    moved = model.decode(batch.inputs, state, memory).logits
    assert_close(moved[1:], before.logits[1:])
    assert not torch.allclose(moved[0], before.logits[0])


def attention_is_a_distribution(model) -> None:
    """Each target step spreads exactly 1 over the real source tokens."""
    batch = random_batch()
    _, _, decoded = decode_all(model, batch)
    if decoded.attention is None:
        return
    assert decoded.attention.ge(0).all()
    assert_close(decoded.attention.sum(-1), torch.ones_like(decoded.attention[..., 0]))


def every_parameter_learns(model) -> None:
    """Every parameter receives a gradient that is not zero everywhere."""
    batch = random_batch(rows=8)
    model.zero_grad()
    memory, _, decoded = decode_all(model, batch)
    elbo(decoded.logits, batch.targets, batch.target_mask, memory.divergence).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, f"{name} has no gradient"
        assert parameter.grad.abs().max() > 0, f"{name} has a gradient of zero"
    model.zero_grad()


def full_beam_is_enumeration(model) -> None:
    """A beam as wide as the search space finds the likeliest of all sentences, in order."""
    batch = random_batch(rows=2, longest=3)
    words = [token for token in range(TARGET_SIZE) if token not in (PAD, BOS, EOS)]
    sentences = [
        tokens for length in range(LIMIT) for tokens in itertools.product(words, repeat=length)
    ]
    found = search.beam(
        model, batch.source, batch.source_mask, width=len(sentences), best=5, limit=LIMIT
    )
    for row in range(2):
        here = torch.tensor([row])
        scores = enumerate_scores(model, batch.select(here), sentences)
        best = sorted(zip(scores, sentences, strict=True), reverse=True)[:5]
        assert [hypothesis.tokens for hypothesis in found[row]] == [tokens for _, tokens in best]
        assert_close(
            torch.tensor([hypothesis.score for hypothesis in found[row]]),
            torch.tensor([score for score, _ in best]),
        )


def enumerate_scores(model, one: Batch, sentences: list[tuple[int, ...]]) -> list[float]:
    """The log-probability of each sentence, each decoded whole, from `decode` alone."""
    memory, state = model.encode(one.source, one.source_mask)
    scores = []
    for length in range(LIMIT):
        group = [tokens for tokens in sentences if len(tokens) == length]
        rows = torch.zeros(len(group), dtype=torch.long)
        inputs = torch.tensor([(BOS, *tokens) for tokens in group])
        targets = torch.tensor([(*tokens, EOS) for tokens in group])
        logits = model.decode(inputs, state.select(rows), memory.select(rows)).logits
        chosen = logits.log_softmax(-1).gather(2, targets[:, :, None]).squeeze(2)
        scores.extend(chosen.sum(1).tolist())
    return scores


def scores_are_log_probabilities(model) -> None:
    """A hypothesis's score is the teacher-forced log-probability of its tokens."""
    batch = random_batch()
    source, mask = batch.source, batch.source_mask
    generator = torch.Generator().manual_seed(3)
    found = [
        (row, h)
        for row, best in enumerate(search.beam(model, source, mask, width=4, best=3, limit=6))
        for h in best
    ]
    drawn = sample(model, source, mask, generator=generator, temperature=1.5, top_k=4, limit=6)
    found += list(enumerate(drawn))
    for row, hypothesis in found:
        here = torch.tensor([row])
        target = torch.tensor([[*hypothesis.tokens, EOS]])
        inputs = torch.tensor([[BOS, *hypothesis.tokens]])
        forced = search.score(
            model, Batch(source[here], mask[here], inputs, target, torch.ones_like(target).bool())
        )
        assert math.isclose(hypothesis.score, float(forced), rel_tol=1e-9, abs_tol=1e-9)


def width_one_is_greedy(model) -> None:
    """The beam of width 1 equals the naive loop, one sentence at a time, token by token."""
    batch = random_batch()
    found = search.greedy(model, batch.source, batch.source_mask, limit=8)
    for row, hypothesis in enumerate(found):
        here = torch.tensor([row])
        memory, state = model.encode(batch.source[here], batch.source_mask[here])
        token, said = BOS, []
        while len(said) < 7:
            decoded = model.decode(torch.tensor([[token]]), state, memory)
            state, logits = decoded.state, decoded.logits[0, 0].clone()
            logits[[PAD, BOS]] = -torch.inf
            token = int(logits.argmax())
            if token == EOS:
                break
            said.append(token)
        assert hypothesis.tokens == tuple(said)


def samples_follow_the_softmax(model) -> None:
    """The first tokens of many samples pass a chi-square test against the model's softmax."""
    batch, draws = random_batch(rows=1, longest=3), 4000
    rows = torch.zeros(draws, dtype=torch.long)
    found = sample(
        model,
        batch.source[rows],
        batch.source_mask[rows],
        generator=torch.Generator().manual_seed(5),
        limit=2,
    )
    memory, state = model.encode(batch.source, batch.source_mask)
    logits = model.decode(torch.tensor([[BOS]]), state, memory).logits[0, 0].detach().clone()
    logits[[PAD, BOS]] = -torch.inf
    expected = logits.softmax(-1) * draws
    first = torch.tensor([(*h.tokens, EOS)[0] for h in found])
    counts = torch.bincount(first, minlength=TARGET_SIZE).double()
    enough = expected >= 5
    statistic = ((counts - expected)[enough] ** 2 / expected[enough]).sum()
    # Seven tokens can be drawn: the chi-square of six degrees exceeds 22.5 once in a thousand.
    assert counts[[PAD, BOS]].sum() == 0
    assert statistic < 22.5, f"chi-square {float(statistic):.1f}"


def loss_is_per_real_token(model) -> None:
    """The loss is per real token: padding and what else is in the batch do not change it."""
    batch = random_batch()
    decoded = decode_all(model, batch)[2]
    mean = cross_entropy(decoded.logits, batch.targets, batch.target_mask).detach()
    total, count = 0.0, 0
    for row in range(len(batch.source)):
        target = int(batch.target_mask[row].sum())
        logits = decoded.logits[row, :target].detach().log_softmax(-1)
        total -= float(logits[torch.arange(target), batch.targets[row, :target]].sum())
        count += target
    assert math.isclose(float(mean), total / count, rel_tol=1e-9)
    assert count == batch.tokens


def weights_survive_a_round_trip(model, path) -> None:
    """A saved model, loaded again, gives the same logits."""
    from seq2seq_lib.checkpoints import load, save
    from seq2seq_lib.vocabulary import SPECIALS, Vocabularies, Vocabulary

    sizes = (model.config.source_size, model.config.target_size)
    vocabularies = Vocabularies(
        *(Vocabulary((*SPECIALS, *(f"w{i}" for i in range(size - 4)))) for size in sizes)
    )
    batch = random_batch()
    save(path, model, vocabularies)
    saved = load(path)
    assert saved.vocabularies == vocabularies
    assert saved.model.config == model.config
    _, _, before = decode_all(model, batch)
    _, _, after = decode_all(saved.model.eval(), batch)
    assert_close(after.logits, before.logits)
    assert sum(1 for _ in saved.model.parameters()) == sum(1 for _ in model.parameters())


def targets_follow_inputs(model) -> None:
    """The score of a batch adds up, token by token, what the examples themselves say comes next."""
    examples = random_examples()
    batch = collate(examples)
    scores = search.score(model, batch)
    for row, example in enumerate(examples):
        here = torch.tensor([row])
        memory, state = model.encode(batch.source[here], batch.source_mask[here])
        said, total = BOS, 0.0
        for token in (*example.target, EOS):
            decoded = model.decode(torch.tensor([[said]]), state, memory)
            state, said = decoded.state, token
            total += float(decoded.logits[0, 0].detach().log_softmax(-1)[token])
        assert math.isclose(float(scores[row]), total, rel_tol=1e-9)


def equals_the_equations(model) -> None:
    """The model gives what the papers' equations give, written out one sentence at a time."""
    batch = random_batch()
    _, _, decoded = decode_all(model, batch)
    for row in range(len(batch.source)):
        source = batch.source[row, batch.source_mask[row]]
        inputs = batch.inputs[row, batch.target_mask[row]]
        logits, attention = by_equations(model, source, inputs)
        assert_close(decoded.logits[row, : len(inputs)], logits)
        if attention is not None:
            assert_close(decoded.attention[row, : len(inputs), : len(source)], attention)


def an_empty_source_is_a_source(model) -> None:
    """A language model goes on from nothing, in any batch: beside a row that has a source, or not.

    An empty sentence of a batch of padding is the same as a batch of no columns.
    """
    batch = random_batch()
    nothing, none = batch.source[:, :0], batch.source_mask[:, :0]
    memory, state = model.encode(nothing, none)
    before = model.decode(batch.inputs, state, memory)
    assert torch.isfinite(before.logits).all()
    mask = batch.source_mask.clone()
    mask[[0, 2]] = False
    memory, state = model.encode(batch.source, mask)
    after = model.decode(batch.inputs, state, memory)
    assert_close(after.logits[[0, 2]], before.logits[[0, 2]])
    assert not torch.allclose(after.logits[[1, 3]], before.logits[[1, 3]])
    (found,) = search.beam(model, nothing[:1], none[:1], width=2, limit=4)
    assert math.isfinite(found[0].score)


def prefill_equals_decoding(model) -> None:
    """A source read at once is the same as one decoded token by token, each from the last."""
    batch = random_batch()
    for row in range(len(batch.source)):
        here = torch.tensor([row])
        source = batch.source[here][:, batch.source_mask[row]]
        memory, state = model.encode(source, torch.ones_like(source).bool())
        whole = model.decode(batch.inputs[here], state, memory)
        memory, state = model.encode(source[:, :0], source[:, :0].bool())
        for token in source[0]:
            state = model.decode(token.view(1, 1), state, memory).state
        assert_close(model.decode(batch.inputs[here], state, memory).logits, whole.logits)


def a_source_is_scored_token_by_token(model) -> None:
    """The surprise at the sources adds up what each token says of the next, whatever stands in the
    padding; and a weighted objective counts each of their tokens for so much of a target's."""
    batch = random_batch()
    noise = torch.where(batch.source_mask, batch.source, torch.full_like(batch.source, 5))
    batch = dataclasses.replace(batch, source=noise)
    total, count = 0.0, 0
    for row in range(len(batch.source)):
        source = batch.source[row, batch.source_mask[row]]
        nothing = source[None, :0]
        memory, state = model.encode(nothing, nothing.bool())
        for said, following in itertools.pairwise(source):
            decoded = model.decode(said.view(1, 1), state, memory)
            state = decoded.state
            total -= float(decoded.logits[0, 0].detach().log_softmax(-1)[following])
            count += 1
    surprise = float(losses.source_surprise(model, batch).detach())
    assert math.isclose(surprise, total / count, rel_tol=1e-9)
    target = float(losses.objective(model, batch).detach()) * batch.tokens
    weighted = float(losses.objective(model, batch, source_weight=0.5).detach())
    assert math.isclose(
        weighted, (target + 0.5 * total) / (batch.tokens + 0.5 * count), rel_tol=1e-9
    )


SPEAKING = {
    law.__name__: law
    for law in (
        an_empty_source_is_a_source, prefill_equals_decoding, a_source_is_scored_token_by_token,
    )
}  # fmt: skip
LAWS = {
    law.__name__: law
    for law in (
        pieces_equal_whole,
        future_is_unseen,
        padding_is_unseen,
        what_stands_in_the_padding_is_unseen,
        rows_do_not_mix,
        attention_is_a_distribution,
        every_parameter_learns,
        full_beam_is_enumeration,
        scores_are_log_probabilities,
        width_one_is_greedy,
        samples_follow_the_softmax,
        loss_is_per_real_token,
        targets_follow_inputs,
        equals_the_equations,
    )
}
