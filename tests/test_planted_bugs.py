"""A test of the tests: the field's silent bugs, planted one by one, each turn a law red.

Every bug here still trains and still translates. The laws are only worth something if each of them
is noticed; and a law that notices none is not worth its line.
"""

import dataclasses

import pytest
import torch
import torch.nn.functional as F

from seq2seq_lib import (
    attending,
    attention,
    batching,
    checkpoints,
    losses,
    multihead,
    recurrent,
    sampling,
    search,
    transformer,
)
from tests import laws
from tests.variants import make


def context_after_padding(patch):
    """The reader runs on through the padding, and its last state is taken for the sentence's."""

    def forward(self, embedded, mask):
        outputs, final = self.cells(embedded)
        final = recurrent.by_layer(final, self.cells.num_layers)
        return recurrent.Reading(outputs, recurrent.RecurrentState(final), mask)

    patch.setattr(recurrent.Reader, "forward", forward)


def reversed_with_padding(patch):
    """The source is reversed whole, so that short sentences begin with padding."""
    patch.setattr(recurrent, "reverse", lambda sequence, mask: sequence.flip(1))


def softmax_over_target(patch):
    """The weights sum to one over the target's axis."""

    def wrong(scores, mask):
        scores = scores.masked_fill(~mask[:, None], torch.finfo(scores.dtype).min)
        return scores.softmax(dim=1) * mask[:, None]

    patch.setattr(attention, "masked_softmax", wrong)


def attention_without_mask(patch):
    """Attention looks at the padding too."""
    patch.setattr(attention, "masked_softmax", lambda scores, mask: scores.softmax(dim=-1))


def mask_after_softmax(patch):
    """The mask is applied to the weights, which then sum to less than one."""
    patch.setattr(
        attention, "masked_softmax", lambda scores, mask: scores.softmax(-1) * mask[:, None]
    )


def keys_reprojected(patch):
    """Keys that are projected already are projected again at every step."""

    def look(self, query, memory, bias=None):
        keys = self.score.project(memory.keys)
        return attention.attend(self.score(query, keys), memory.values, memory.mask)

    patch.setattr(attending.Attending, "look", look)


def targets_off_by_one(patch):
    """The model is asked to repeat what it was fed: the loss falls beautifully."""
    collate = batching.collate

    def wrong(examples):
        batch = collate(examples)
        return dataclasses.replace(batch, targets=batch.inputs)

    patch.setattr(laws, "collate", wrong)


def loss_over_padding(patch):
    """The mean counts the padding."""

    def wrong(logits, targets, mask, **_):
        return F.cross_entropy(logits.transpose(1, 2), targets)

    patch.setattr(laws, "cross_entropy", wrong)


def loss_per_sentence_mean(patch):
    """The mean of the sentences' means: short sentences count more."""

    def wrong(logits, targets, mask, **_):
        each = losses.cross_entropy(logits, targets, mask, reduction="none")
        return (each.sum(1) / mask.sum(1)).mean()

    patch.setattr(laws, "cross_entropy", wrong)


def future_seen_in_training(patch):
    """Where a decoder sees the whole target in training, its steps see one another."""
    forward = recurrent.FirstState.forward

    def wrong(self, tokens, state, memory):
        decoded = forward(self, tokens, state, memory)
        if not self.training:
            return decoded
        return dataclasses.replace(decoded, logits=decoded.logits + decoded.logits.mean(1, True))

    patch.setattr(recurrent.FirstState, "forward", wrong)


def noise_in_evaluation(patch):
    """Nobody called `eval`: dropout goes on while translating."""
    patch.setattr(torch.nn.Dropout, "forward", lambda self, x: F.dropout(x, self.p, training=True))


def state_not_reordered(patch):
    """The beam's sentences change places and their states stay."""

    def select(self, rows):
        return self._map(lambda tensor: tensor[torch.arange(len(rows)).clamp(max=len(tensor) - 1)])

    patch.setattr(recurrent.RecurrentState, "select", select, raising=False)


def state_kept_on_the_module(patch):
    """The decoder goes on from where its last caller stopped, not from the state it is given."""
    run = recurrent.run
    kept = {}

    def wrong(cells, inputs, state):
        if (
            inputs.shape[1] == 1
            and id(cells) in kept
            and len(kept[id(cells)].hidden) == len(inputs)
        ):
            state = kept[id(cells)]
        outputs, kept[id(cells)] = run(cells, inputs, state)
        return outputs, kept[id(cells)]

    for module in (recurrent, attending):
        patch.setattr(module, "run", wrong)


def batch_normalised(patch):
    """Read-outs are centred over the batch, so sentences leak into one another."""
    read_out = recurrent.Writer.read_out

    def wrong(self, hidden, context=None):
        logits = read_out(self, hidden, context)
        return logits - logits.mean(dim=0, keepdim=True)

    patch.setattr(recurrent.Writer, "read_out", wrong)


def detached_encoder(patch):
    """The encoder's state is detached: the decoder learns, the encoder never does."""
    remember = recurrent.FirstState.remember

    def wrong(self, reading):
        memory, state = remember(self, reading)
        return memory, recurrent.RecurrentState(state.hidden.detach())

    patch.setattr(recurrent.FirstState, "remember", wrong)


def end_not_scored(patch):
    """The log-probability of `<eos>` is left out, which makes short sentences cheap."""
    scores = search.next_scores

    def wrong(logits, step, limits):
        found = scores(logits, step, limits)
        found[:, search.EOS] = found[:, search.EOS].clamp(min=0.0, max=0.0)
        return found

    patch.setattr(search, "next_scores", wrong)


def temperature_forgotten_in_score(patch):
    """A sample's score is under the sharpened distribution, not under the model."""
    patch.setattr(
        sampling, "next_scores", lambda *given: (search.next_scores(*given) / 1.5).log_softmax(-1)
    )


def samples_too_sharp(patch):
    """Probabilities are squared before drawing."""
    narrow = sampling.narrow
    patch.setattr(sampling, "narrow", lambda scores, **cut: narrow(2 * scores, **cut))


def weights_lost_on_load(patch):
    """One tensor of the checkpoint is never copied into the model."""
    fill = checkpoints.fill

    def wrong(model, tensors, path):
        own = model.state_dict()["writer.output.weight"].clone()
        fill(model, {**tensors, "writer.output.weight": own}, path)

    patch.setattr(checkpoints, "fill", wrong)


def ties_lost_on_load(patch):
    """Embedding and read-out are one matrix until the model is loaded, and then two: every logit
    is the same, and further training pulls them apart."""
    fill = checkpoints.fill

    def wrong(model, tensors, path):
        own = model.writer.output.weight
        model.writer.output.weight = torch.nn.Parameter(own.detach().clone())
        fill(model, tensors, path)

    patch.setattr(checkpoints, "fill", wrong)


def cache_misplaced_by_one(patch):
    """With a cache, positions go on one too early: the first new token stands where the last is."""
    place = transformer.Tower.place

    def wrong(self, tokens, state):
        late = dataclasses.replace(state, mask=state.mask[:, 1:])
        return place(self, tokens, late)

    patch.setattr(transformer.Tower, "place", wrong)


def cache_not_reordered(patch):
    """The beam's sentences change places and the cached keys stay."""

    def select(self, rows):
        kept = torch.arange(len(rows)).clamp(max=len(self.mask) - 1)
        return self._map(lambda tensor: tensor[kept])

    patch.setattr(transformer.Cache, "select", select, raising=False)


def prefix_padding_seen(patch):
    """A batch's shorter sources are prefilled with their padding."""
    begin = transformer.TransformerLanguage.begin
    patch.setattr(
        transformer.TransformerLanguage,
        "begin",
        lambda self, source, mask: begin(self, source, torch.ones_like(mask)),
    )


def source_repeated_not_foretold(patch):
    """Scored is whether the model repeats a token of the source, not whether it knows the next."""

    def wrong(model, batch):
        memory, state = model.encode(batch.source[:, :0], batch.source_mask[:, :0])
        logits = model.decode(batch.source, state, memory).logits
        return losses.cross_entropy(logits, batch.source, batch.source_mask)

    patch.setattr(losses, "source_surprise", wrong)


def source_padding_scored(patch):
    """Foretelling the padding of the source counts as well."""

    def wrong(model, batch):
        memory, state = model.encode(batch.source[:, :0], batch.source_mask[:, :0])
        logits = model.decode(batch.source[:, :-1], state, memory).logits
        following = batch.source[:, 1:]
        return losses.cross_entropy(logits, following, torch.ones_like(following).bool())

    patch.setattr(losses, "source_surprise", wrong)


def padding_seen_by_the_encoder(patch):
    """The encoder's tokens attend to the padding; only the decoder knows the mask."""
    forward = transformer.TransformerReader.forward

    def wrong(self, embedded, mask):
        encoded = forward(self, embedded, torch.ones_like(mask))
        return dataclasses.replace(encoded, mask=mask)

    patch.setattr(transformer.TransformerReader, "forward", wrong)


def causal_only_when_evaluating(patch):
    """The causal mask is left off in training."""
    climb = transformer.TransformerWriter._climb

    def wrong(self, *given, **options):
        visible_from = transformer.visible_from
        if self.training:
            transformer.visible_from = lambda past, real: visible_from(past, real, full=True)
        try:
            return climb(self, *given, **options)
        finally:
            transformer.visible_from = visible_from

    patch.setattr(transformer.TransformerWriter, "_climb", wrong)


def unscaled_scores(patch):
    """Scores are not divided by the root of the heads' width."""
    ask = multihead.Attention.ask
    patch.setattr(
        multihead.Attention,
        "ask",
        lambda self, query, turned=None: ask(self, query, turned) * (8 / self.heads) ** 0.5,
    )


def queries_not_turned(patch):
    """Rotary positions turn the keys alone."""
    ask = multihead.Attention.ask
    patch.setattr(multihead.Attention, "ask", lambda self, query, turned=None: ask(self, query))


def feeding_lost_between_calls(patch):
    """What was read out last is fed within a call, and forgotten from one call to the next."""
    forward = attending.Luong.forward

    def wrong(self, tokens, state, memory):
        state = dataclasses.replace(state, fed=torch.zeros_like(state.fed))
        return forward(self, tokens, state, memory)

    patch.setattr(attending.Luong, "forward", wrong)


def window_at_the_first_step(patch):
    """Every call counts its steps from 0, so that the window never leaves the beginning."""
    advance = attending.Luong._advance

    def wrong(self, words, state, memory):
        state = dataclasses.replace(state, steps=torch.zeros_like(state.steps))
        return advance(self, words, state, memory)

    patch.setattr(attending.Luong, "_advance", wrong)


def divergence_forgotten(patch):
    """The objective is the cross-entropy alone: nothing holds the variances."""
    patch.setattr(
        laws, "elbo", lambda logits, targets, mask, _: losses.cross_entropy(logits, targets, mask)
    )


def start_for_an_empty_source(patch):
    """A sentence without a source is read as if its padding were one token."""
    begin = recurrent.RecurrentLanguage.begin

    def wrong(self, source, mask):
        if mask.shape[1]:
            mask = mask | (torch.arange(mask.shape[1]) == 0)
        return begin(self, source, mask)

    patch.setattr(recurrent.RecurrentLanguage, "begin", wrong)


# The bug, the variant it is planted in, and a law that must notice it.
PLANTED = [
    (context_after_padding, "first state, GRU", "padding_is_unseen"),
    (context_after_padding, "luong, dot", "padding_is_unseen"),
    (context_after_padding, "first state, GRU", "what_stands_in_the_padding_is_unseen"),
    (reversed_with_padding, "first state, backward", "padding_is_unseen"),
    (softmax_over_target, "luong, general", "attention_is_a_distribution"),
    (softmax_over_target, "luong, general", "future_is_unseen"),
    (attention_without_mask, "bahdanau, additive", "padding_is_unseen"),
    (mask_after_softmax, "luong, dot", "attention_is_a_distribution"),
    (keys_reprojected, "luong, general", "equals_the_equations"),
    (targets_off_by_one, "first state, GRU", "targets_follow_inputs"),
    (loss_over_padding, "first state, GRU", "loss_is_per_real_token"),
    (loss_per_sentence_mean, "first state, GRU", "loss_is_per_real_token"),
    (future_seen_in_training, "first state, GRU", "future_is_unseen"),
    (noise_in_evaluation, "luong, dot", "pieces_equal_whole"),
    (state_not_reordered, "every step, GRU", "full_beam_is_enumeration"),
    (state_not_reordered, "every step, GRU", "scores_are_log_probabilities"),
    (state_kept_on_the_module, "bahdanau, dot", "pieces_equal_whole"),
    (state_kept_on_the_module, "first state, backward", "width_one_is_greedy"),
    (batch_normalised, "every step, GRU", "rows_do_not_mix"),
    (batch_normalised, "every step, GRU", "padding_is_unseen"),
    (detached_encoder, "first state, GRU", "every_parameter_learns"),
    (end_not_scored, "first state, GRU", "full_beam_is_enumeration"),
    (end_not_scored, "luong, dot", "scores_are_log_probabilities"),
    (temperature_forgotten_in_score, "first state, GRU", "scores_are_log_probabilities"),
    (samples_too_sharp, "first state, GRU", "samples_follow_the_softmax"),
    (cache_misplaced_by_one, "transformer, pre, sinusoid", "pieces_equal_whole"),
    (cache_misplaced_by_one, "transformer, pre, learned", "scores_are_log_probabilities"),
    (cache_misplaced_by_one, "decoder only, rotary, post", "prefill_equals_decoding"),
    (cache_not_reordered, "transformer, pre, rotary", "full_beam_is_enumeration"),
    (cache_not_reordered, "decoder only, sinusoid", "scores_are_log_probabilities"),
    (prefix_padding_seen, "decoder only, sinusoid", "padding_is_unseen"),
    (padding_seen_by_the_encoder, "transformer, pre, none", "padding_is_unseen"),
    (causal_only_when_evaluating, "transformer, pre, sinusoid", "future_is_unseen"),
    (unscaled_scores, "transformer, pre, sinusoid", "equals_the_equations"),
    (queries_not_turned, "transformer, pre, rotary", "equals_the_equations"),
    (feeding_lost_between_calls, "luong, fed", "pieces_equal_whole"),
    (window_at_the_first_step, "luong, monotonic", "pieces_equal_whole"),
    (divergence_forgotten, "variational, GRU", "every_parameter_learns"),
    (start_for_an_empty_source, "language, GRU", "an_empty_source_is_a_source"),
    (source_repeated_not_foretold, "language, GRU", "a_source_is_scored_token_by_token"),
    (source_padding_scored, "decoder only, rotary, post", "a_source_is_scored_token_by_token"),
    (source_padding_scored, "decoder only, full prefix", "a_source_is_scored_token_by_token"),
]


@pytest.mark.parametrize(
    ("bug", "variant", "law"), PLANTED, ids=[f"{bug.__name__}-{law}" for bug, _, law in PLANTED]
)
def test_law_notices(bug, variant: str, law: str, monkeypatch) -> None:
    holds = (laws.LAWS | laws.SPEAKING)[law]
    holds(make(variant, dropout=0.3))
    bug(monkeypatch)
    with pytest.raises(AssertionError):
        holds(make(variant, dropout=0.3))


def test_law_notices_lost_weights(monkeypatch, tmp_path) -> None:
    weights_lost_on_load(monkeypatch)
    with pytest.raises(AssertionError):
        laws.weights_survive_a_round_trip(make("luong, dot"), tmp_path / "model.safetensors")


def test_law_notices_lost_ties(monkeypatch, tmp_path) -> None:
    ties_lost_on_load(monkeypatch)
    with pytest.raises(AssertionError):
        laws.weights_survive_a_round_trip(make("transformer, tied"), tmp_path / "model.safetensors")


def test_every_law_has_noticed_a_bug() -> None:
    assert set(laws.LAWS | laws.SPEAKING) == {law for _, _, law in PLANTED}
