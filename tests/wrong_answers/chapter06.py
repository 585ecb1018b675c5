"""Plausible wrong answers to the exercises of chapter 06, and what their checks must say."""

import math

import torch

from seq2seq_lib.vocabulary import BOS, EOS
from tests.wrong_answers import Wrong


def not_carried(words, W, U, b):
    state = torch.zeros_like(b)
    for word in words:
        new = torch.tanh(W @ word + U @ state + b)
    return new


def matrices_exchanged(words, W, U, b):
    state = torch.zeros_like(b)
    for word in words:
        state = torch.tanh(U @ word + W @ state + b)
    return state


def read_backwards(words, W, U, b):
    state = torch.zeros_like(b)
    for word in words.flip(0):
        state = torch.tanh(W @ word + U @ state + b)
    return state


def no_tanh(words, W, U, b):
    state = torch.zeros_like(b)
    for word in words:
        state = W @ word + U @ state + b
    return state


def every_state(words, W, U, b):
    states = [torch.zeros_like(b)]
    for word in words:
        states.append(torch.tanh(W @ word + U @ states[-1] + b))
    return torch.stack(states[1:])


def old_state(word, state, context, cell, combine, output):
    new = cell(torch.cat([word, context], dim=-1), state)
    return torch.tanh(torch.cat([state, context], dim=-1) @ combine.T) @ output.T, new


def order_of_input(word, state, context, cell, combine, output):
    new = cell(torch.cat([context, word], dim=-1), state)
    return torch.tanh(torch.cat([new, context], dim=-1) @ combine.T) @ output.T, new


def context_forgotten(word, state, context, cell, combine, output):
    new = cell(torch.cat([word, context], dim=-1), state)
    return new @ output.T, new


def softmax_at_the_end(word, state, context, cell, combine, output):
    new = cell(torch.cat([word, context], dim=-1), state)
    logits = torch.tanh(torch.cat([new, context], dim=-1) @ combine.T) @ output.T
    return logits.softmax(-1), new


def state_first(word, state, context, cell, combine, output):
    new = cell(torch.cat([word, context], dim=-1), state)
    return new, torch.tanh(torch.cat([new, context], dim=-1) @ combine.T) @ output.T


def logits_alone(word, state, context, cell, combine, output):
    new = cell(torch.cat([word, context], dim=-1), state)
    return torch.tanh(torch.cat([new, context], dim=-1) @ combine.T) @ output.T


def whole_row(source, lengths):
    return source.flip(1)


def whole_batch(source, lengths):
    return source.flip(0)


def end_kept(source, lengths):
    turned = source.clone()
    for row, length in enumerate(lengths.tolist()):
        turned[row, : length - 1] = source[row, : length - 1].flip(0)
    return turned


def in_place(source, lengths):
    for row, length in enumerate(lengths.tolist()):
        source[row, :length] = source[row, :length].flip(0)
    return source


def off_by_one(source, lengths):
    steps = torch.arange(source.shape[1])
    places = lengths[:, None] - steps
    places = torch.where(places > 0, places, steps) % source.shape[1]
    turned = source.gather(1, places)
    return torch.where(steps < lengths[:, None], turned, 0)


def _greedy(model, source, mask, limit, *, carry=True, feed=True, stop=True, keep_end=False):
    memory, state = model.encode(source, mask)
    word, said = torch.tensor([[BOS]]), []
    for _ in range(limit):
        decoded = model.decode(word, state, memory)
        chosen = int(decoded.logits[0, -1].argmax())
        if chosen == EOS and stop:
            return [*said, EOS] if keep_end else said
        said.append(chosen)
        word = torch.tensor([[chosen]]) if feed else word
        state = decoded.state if carry else state
    return said


def greedy_forgets(model, source, mask, limit):
    return _greedy(model, source, mask, limit, carry=False)


def greedy_repeats_start(model, source, mask, limit):
    return _greedy(model, source, mask, limit, feed=False)


def greedy_never_ends(model, source, mask, limit):
    return _greedy(model, source, mask, limit, stop=False)


def greedy_says_end(model, source, mask, limit):
    return _greedy(model, source, mask, limit, keep_end=True)


def greedy_without_limit(model, source, mask, limit):
    return _greedy(model, source, mask, 1000)


def greedy_with_start(model, source, mask, limit):
    return [BOS, *_greedy(model, source, mask, limit)]


def last_column(outputs, mask):
    return outputs[:, -1]


def one_past(outputs, mask):
    return outputs[torch.arange(len(outputs)), mask.sum(1).clamp(max=outputs.shape[1] - 1)]


def zeros_at_padding(outputs, mask):
    return (outputs * mask[:, :, None])[:, -1]


def mean_of_states(outputs, mask):
    return (outputs * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)


def all_places(outputs, mask):
    return outputs[:, mask.sum(1) - 1]


def _by(lengths, hypotheses, references, buckets, score, top=1):
    found = {}
    for low, high in buckets:
        rows = [i for i, n in enumerate(lengths) if low <= n < high + top]
        if rows:
            found[low, high] = score([hypotheses[i] for i in rows], [references[i] for i in rows])
    return found


def by_reference(sources, hypotheses, references, buckets, score):
    lengths = [len(words.split()) for words in references]
    return _by(lengths, hypotheses, references, buckets, score)


def by_hypothesis(sources, hypotheses, references, buckets, score):
    lengths = [len(words.split()) for words in hypotheses]
    return _by(lengths, hypotheses, references, buckets, score)


def upper_end_out(sources, hypotheses, references, buckets, score):
    return _by(list(map(len, sources)), hypotheses, references, buckets, score, top=0)


def mean_of_scores(sources, hypotheses, references, buckets, score):
    def mean(some, others):
        return sum(score([h], [r]) for h, r in zip(some, others, strict=True)) / len(some)

    return _by(list(map(len, sources)), hypotheses, references, buckets, mean)


def empty_scored(sources, hypotheses, references, buckets, score):
    found = _by(list(map(len, sources)), hypotheses, references, buckets, score)
    return {bucket: found.get(bucket, 0.0) for bucket in buckets}


def choices_added(vocabulary, length, levels):
    return math.ceil(math.log(vocabulary * length) / math.log(levels) - 1e-9)


def bits_alone(vocabulary, length, levels):
    return math.ceil(length * math.log2(vocabulary) - 1e-9)


def rounded_down(vocabulary, length, levels):
    return int(length * math.log(vocabulary) / math.log(levels) + 1e-9)


def by_logarithm(vocabulary, length, levels):
    return math.ceil(length * math.log(vocabulary) / math.log(levels))


def not_rounded(vocabulary, length, levels):
    return length * math.log(vocabulary) / math.log(levels)


def _count(source, target, embedding, width, *, gates=3, biases=2, end=1, tables=2):
    gate = width * (embedding + width + biases)
    table = (source + target if tables == 2 else source) * embedding
    return table + 2 * gates * gate + target * (width + end)


def one_bias(source_size, target_size, embedding, width):
    return _count(source_size, target_size, embedding, width, biases=1)


def four_gates(source_size, target_size, embedding, width):
    return _count(source_size, target_size, embedding, width, gates=4)


def no_output_bias(source_size, target_size, embedding, width):
    return _count(source_size, target_size, embedding, width, end=0)


def one_table(source_size, target_size, embedding, width):
    return _count(source_size, target_size, embedding, width, tables=1)


WRONG = [
    Wrong("06.1", not_carried, "not carried on"),
    Wrong("06.1", matrices_exchanged, "changed places"),
    Wrong("06.1", read_backwards, "last word to its first"),
    Wrong("06.1", no_tanh, "no tanh"),
    Wrong("06.1", every_state, "after every word"),
    Wrong("06.2", old_state, "read the old state"),
    Wrong("06.2", order_of_input, "the word comes first"),
    Wrong("06.2", context_forgotten, "`combine` is missing"),
    Wrong("06.2", softmax_at_the_end, "probabilities"),
    Wrong("06.2", state_first, "the order is (logits, new state)"),
    Wrong("06.2", logits_alone, "expected two tensors"),
    Wrong("06.3", whole_row, "padding and all"),
    Wrong("06.3", whole_batch, "rows of the batch"),
    Wrong("06.3", end_kept, "`<eos>` stayed"),
    Wrong("06.3", in_place, "in place"),
    Wrong("06.3", off_by_one, "off by one"),
    Wrong("06.4", greedy_forgets, "state is not carried"),
    Wrong("06.4", greedy_repeats_start, "<bos> is fed at every step"),
    Wrong("06.4", greedy_never_ends, "nothing stops at <eos>"),
    Wrong("06.4", greedy_says_end, "ends in <eos>"),
    Wrong("06.4", greedy_without_limit, "past its limit"),
    Wrong("06.4", greedy_with_start, "begins with <bos>"),
    Wrong("06.5", last_column, "depends on the neighbours"),
    Wrong("06.5", one_past, "one past"),
    Wrong("06.5", zeros_at_padding, "context of zeros"),
    Wrong("06.5", mean_of_states, "mean over the real words"),
    Wrong("06.5", all_places, "one place in each row"),
    Wrong("06.6", by_reference, "length of the reference"),
    Wrong("06.6", by_hypothesis, "length of the hypothesis"),
    Wrong("06.6", upper_end_out, "upper end is left out"),
    Wrong("06.6", mean_of_scores, "mean of the sentences' scores"),
    Wrong("06.6", empty_scored, "leave it out"),
    Wrong("06.7", choices_added, "each further word multiplies"),
    Wrong("06.7", bits_alone, "forgets `levels`"),
    Wrong("06.7", rounded_down, "rounded down"),
    Wrong("06.7", by_logarithm, "where the states fit exactly"),
    Wrong("06.7", not_rounded, "whole number"),
    Wrong("06.8", one_bias, "two biases"),
    Wrong("06.8", four_gates, "four is the LSTM"),
    Wrong("06.8", no_output_bias, "output layer's bias"),
    Wrong("06.8", one_table, "a table of its own"),
]
