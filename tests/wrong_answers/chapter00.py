"""Chapter 00: wrong answers that a reader may well give."""

import math

from tests.wrong_answers import Wrong


def one_list(words, place, others):
    copy, found = list(words), []
    for other in others:
        copy[place] = other
        found.append(copy)
    return found


def counts_from_one(words, place, others):
    return [[*words[: place - 1], other, *words[place:]] for other in others]


def inserts(words, place, others):
    return [[*words[:place], other, *words[place:]] for other in others]


def in_place(words, place, others):
    found = []
    for other in others:
        words[place] = other
        found.append(list(words))
    return found


def every_such_word(words, place, others):
    return [[other if word == words[place] else word for word in words] for other in others]


def first_alone(words, place, others):
    for other in others:
        return [*words[:place], other, *words[place + 1 :]]


def wrong_way_round(weaker, stronger, pairs):
    for english, french in pairs:
        if weaker.translate(english) == french != stronger.translate(english):
            return english, french


def merely_different(weaker, stronger, pairs):
    for english, french in pairs:
        if weaker.translate(english) != stronger.translate(english):
            return english, french


def stronger_right(weaker, stronger, pairs):
    for english, french in pairs:
        if stronger.translate(english) == french:
            return english, french


def all_of_them(weaker, stronger, pairs):
    return [
        (english, french)
        for english, french in pairs
        if weaker.translate(english) != french == stronger.translate(english)
    ]


def last_of_them(weaker, stronger, pairs):
    return (all_of_them(weaker, stronger, pairs) or [None])[-1]


def english_alone(weaker, stronger, pairs):
    return (all_of_them(weaker, stronger, pairs) or [[None]])[0][0]


def gives_up_at_once(weaker, stronger, pairs):
    for english, french in pairs:
        if weaker.translate(english) != french == stronger.translate(english):
            return english, french
        return None


def never_none(weaker, stronger, pairs):
    return next(iter(all_of_them(weaker, stronger, pairs)), pairs[0])


def translates_french(weaker, stronger, pairs):
    for english, french in pairs:
        if weaker.translate(french) != english == stronger.translate(french):
            return english, french


def forgets_to_feed_back(next_words):
    words = []
    while True:
        table = next_words([])
        best = max(table, key=table.get)
        if best == "<eos>":
            return words
        words.append(best)


def feeds_the_last_word(next_words):
    words = []
    while True:
        table = next_words(words[-1:])
        best = max(table, key=table.get)
        if best == "<eos>":
            return words
        words.append(best)


def keeps_eos(next_words):
    words = []
    while "<eos>" not in words:
        table = next_words(words)
        words.append(max(table, key=table.get))
    return words


def alphabet(next_words):
    words = []
    while True:
        best = max(next_words(words))
        if best == "<eos>":
            return words
        words.append(best)


def stops_when_eos_is_listed(next_words):
    words = []
    while True:
        table = next_words(words)
        if "<eos>" in table:
            return words
        words.append(max(table, key=table.get))


def one_word(next_words):
    table = next_words([])
    return [max(table, key=table.get)]


def not_added_up(weights, vectors):
    return weights[:, None] * vectors


def along_the_width(weights, vectors):
    return (weights[:, None] * vectors).sum(dim=1)


def plain_mean(weights, vectors):
    return vectors.mean(dim=0)


def divided_again(weights, vectors):
    return (weights[:, None] * vectors).mean(dim=0)


def exchanged(weights, vectors):
    return vectors.T @ weights if vectors.shape[1] != len(weights) else vectors @ weights


def no_inner_slope(x):
    return 2 * (3 * x + 1)


def no_two(x):
    return (3 * x + 1) * 3


def the_function(x):
    return (3 * x + 1) ** 2


def outer_at_x(x):
    return 2 * x * 3


def inner_alone(x):
    return 3


def product(probabilities):
    return probabilities.prod()


def log_of_product(probabilities):
    return probabilities.prod().log()


def log_of_sum(probabilities):
    return probabilities.sum().log()


def mean_of_logs(probabilities):
    return probabilities.log().mean()


def not_summed(probabilities):
    return probabilities.log()


def base_two(probabilities):
    return probabilities.log2().sum()


def turned(probabilities):
    return -sum(math.log(each) for each in probabilities.tolist())


WRONG = [
    Wrong("00.1", one_list, "make a new list"),
    Wrong("00.1", counts_from_one, "counts from 0"),
    Wrong("00.1", inserts, "still there"),
    Wrong("00.1", in_place, "in place"),
    Wrong("00.1", every_such_word, "every 'the'"),
    Wrong("00.1", first_alone, "inside the loop"),
    Wrong("00.2", wrong_way_round, "wrong way round"),
    Wrong("00.2", merely_different, "not with each other"),
    Wrong("00.2", stronger_right, "here both are right"),
    Wrong("00.2", all_of_them, "return it at once"),
    Wrong("00.2", last_of_them, "the last such pair"),
    Wrong("00.2", english_alone, "whole pair"),
    Wrong("00.2", gives_up_at_once, "give up at the first"),
    Wrong("00.2", never_none, "wanted None"),
    Wrong("00.2", translates_french, "not the English half"),
    Wrong("00.3", forgets_to_feed_back, "added to the words"),
    Wrong("00.3", feeds_the_last_word, "all the words so far"),
    Wrong("00.3", keeps_eos, "leave it out"),
    Wrong("00.3", alphabet, "the likeliest word"),
    Wrong("00.3", stops_when_eos_is_listed, "stops early"),
    Wrong("00.3", one_word, "go on until"),
    Wrong("00.4", not_added_up, "not added up"),
    Wrong("00.4", along_the_width, "along the width"),
    Wrong("00.4", plain_mean, "plain mean"),
    Wrong("00.4", divided_again, "once more"),
    Wrong("00.4", exchanged, "weights on the left"),
    Wrong("00.5", no_inner_slope, "chain rule"),
    Wrong("00.5", no_two, "brings down a 2"),
    Wrong("00.5", the_function, "function itself"),
    Wrong("00.5", outer_at_x, "inner value"),
    Wrong("00.5", inner_alone, "without the square"),
    Wrong("00.6", product, "probability itself"),
    Wrong("00.6", log_of_product, "too small"),
    Wrong("00.6", log_of_sum, "logarithm of the sum"),
    Wrong("00.6", mean_of_logs, "mean of the logarithms"),
    Wrong("00.6", not_summed, "add the logarithms up"),
    Wrong("00.6", base_two, "base 2"),
    Wrong("00.6", turned, "sign is turned"),
]
