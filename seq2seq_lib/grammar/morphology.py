"""Word forms of both languages, under one name: see french_forms and english_forms."""

from seq2seq_lib.grammar.english_forms import (
    FORMS,
    comparative,
    english_article,
    english_plural,
    english_verb,
    superlative,
)
from seq2seq_lib.grammar.french_forms import (
    PERSONS,
    TENSES,
    adjective_form,
    adjective_forms,
    bare_infinitive,
    french_plural,
    french_verb,
    participle_forms,
    past_participle,
    starts_with_vowel_sound,
    verb_forms,
)

__all__ = [
    "FORMS",
    "PERSONS",
    "TENSES",
    "adjective_form",
    "adjective_forms",
    "bare_infinitive",
    "comparative",
    "english_article",
    "english_plural",
    "english_verb",
    "french_plural",
    "french_verb",
    "participle_forms",
    "past_participle",
    "starts_with_vowel_sound",
    "superlative",
    "verb_forms",
]
