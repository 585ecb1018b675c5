"""Checks of chapter 05, last part: what the test must not have seen."""

from __future__ import annotations

from seq2seq_lib.checks.registry import exercise, mistake_if

TRAIN = [
    ("Where are you?", "Où êtes-vous ?"),
    ("The  tree is old.", "L'arbre est vieux."),
    ("It's late.", "Il est tard."),
    ("My caf\u00e9 is cold.", "Mon café est froid."),
    ("He sleeps.", "Il dort."),
    ("She sings.", "Elle chante."),
    ("They see him.", "Ils le voient."),
]
TEST = [
    ("The sky is grey.", "Le ciel est gris."),
    ("where are you?", "Où es-tu ?"),
    ("The tree is old.", "Cet arbre est vieux."),
    ("It\u2019s late.", "Il se fait tard."),
    ("My cafe\u0301 is cold.", "Mon café a refroidi."),
    ("He sleeps.", "Il dort."),
    ("She sings.", "Elle est en train de chanter."),
    ("They can see him.", "Ils le voient."),
    ("The trees are old.", "Les arbres sont vieux."),
]
LEAKS = {
    1: "place 1 is missed: 'where are you?' differs from training in a capital only",
    2: "place 2 is missed: 'The tree is old.' differs from training in a space only",
    3: "place 3 is missed: 'It’s late.' has a curly apostrophe where training has a straight one",
    4: "place 4 is missed: its é is an e with an accent set upon it; unicodedata.normalize('NFC', "
    "text) makes one character of the two",
    5: "place 5 is missed: the very same pair stands in training",
    6: "place 6 is missed: its source was seen with another translation, and a source that was "
    "seen is a leak whatever its target",
}


@exercise(
    "05.7",
    title="find the leak",
    minutes=15,
    hint="Write a function that brings a text into one form: `unicodedata.normalize('NFC', text)`, "
    "the curly ’ replaced by ', `casefold()`, and `' '.join(text.split())`. Put the training "
    "sources in a set, in that form.",
)
def check_leak(function) -> None:
    """Six leaks, each hidden in another way; one target that was seen, and near misses."""
    got = function(TRAIN, TEST)
    mistake_if(not isinstance(got, list), f"expected a list of places, got {type(got).__name__}")
    mistake_if(
        any(isinstance(place, bool) or not isinstance(place, int) for place in got),
        "expected places in test, whole numbers from 0; got other things in the list",
    )
    mistake_if(
        7 in got,
        "place 7 is no leak: only its target was seen, and the target is not what the model reads",
    )
    mistake_if(
        set(got) == {0, 1, 2, 3, 4, 5},
        "these are the places in train; wanted those in test",
    )
    mistake_if(
        bool({0, 8} & set(got)),
        "too much is reported: places 0 and 8 are sentences that training does not hold",
    )
    for place, message in {6: LEAKS[6], **LEAKS}.items():
        mistake_if(place not in got, message)
    mistake_if(got != sorted(set(got)), f"each place once and in order wanted, got {got}")
    mistake_if(got != [*LEAKS], f"expected {[*LEAKS]}, got {got}")
