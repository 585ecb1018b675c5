"""Tokens to print and back, for the whole corpus and for what people type."""

import pytest

from seq2seq_lib.corpora import SPLITS, load
from seq2seq_lib.typography import detokenise, tokenise

PRINTED = [
    ("fr", "j' ai vu l' arbre .", "J'ai vu l'arbre."),
    ("fr", "est -ce qu' elle a -t-elle ?", "Est-ce qu'elle a-t-elle\u202f?"),
    ("fr", "aujourd'hui , Marie est à l' école .", "Aujourd'hui, Marie est à l'école."),
    ("fr", "œuvre", "Œuvre"),
    ("en", "the teacher 's dog sleeps .", "The teacher's dog sleeps."),
    ("en", "I leave at three o'clock .", "I leave at three o'clock."),
    ("en", "Marie sleeps .", "Marie sleeps."),
]


@pytest.mark.parametrize(("language", "tokens", "text"), PRINTED)
def test_printed_as_a_printer_would(language: str, tokens: str, text: str) -> None:
    assert detokenise(tokens.split(), language) == text
    assert tokenise(text, language) == tokens.split()


@pytest.mark.parametrize("split", SPLITS)
def test_every_sentence_of_the_corpus_goes_there_and_back(split: str) -> None:
    for pair in getattr(load("grammar"), split):
        for tokens, language in ((pair.source, "en"), (pair.target, "fr")):
            assert tuple(tokenise(detokenise(tokens, language), language)) == tokens


TYPED = [
    ("en", "Don’t you see it?", "do not you see it ?"),
    ("en", "I'm cold", "I am cold"),
    ("en", "He's here , isn't he ?", "he is here , is not he ?"),
    ("en", "Can't we go?", "can not we go ?"),
    ("fr", "Qu’est-ce que vous voulez?", "qu' est -ce que vous voulez ?"),
    ("fr", "Y a-t-il du pain ?", "y a -t-il du pain ?"),
    ("fr", "", ""),
]


@pytest.mark.parametrize(("language", "typed", "tokens"), TYPED)
def test_what_people_type_is_taken(language: str, typed: str, tokens: str) -> None:
    assert tokenise(typed, language) == tokens.split()


def test_another_language_is_refused() -> None:
    for function in (lambda: detokenise(["a"], "de"), lambda: tokenise("a", "de")):
        with pytest.raises(ValueError, match="language: wanted one of en, fr; got 'de'"):
            function()
