"""Numbers from 1 to 999 in words, and the clock."""

from __future__ import annotations

from .words import Link, Phrase, Token

_ENGLISH = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_FRENCH = (
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze "
    "seize dix-sept dix-huit dix-neuf"
).split()
_FRENCH_TENS = {20: "vingt", 30: "trente", 40: "quarante", 50: "cinquante", 60: "soixante"}


def _checked(number: int) -> int:
    if not 1 <= number <= 999:
        raise ValueError(f"number: wanted 1 to 999; got {number}")
    return number


def english_number(number: int) -> str:
    """Words separated by spaces: 21 → "twenty-one", 105 → "one hundred and five"."""
    hundreds, rest = divmod(_checked(number), 100)
    words = [f"{_ENGLISH[hundreds]} hundred"] if hundreds else []
    if hundreds and rest:
        words.append("and")
    if 0 < rest < 20:
        words.append(_ENGLISH[rest])
    elif rest:
        tens, units = divmod(rest, 10)
        word = _ENGLISH_TENS[tens - 2]
        words.append(f"{word}-{_ENGLISH[units]}" if units else word)
    return " ".join(words)


def _french_below_hundred(number: int, gender: str) -> str:
    if number == 1:
        return "une" if gender == "f" else "un"
    if number < 20:
        return _FRENCH[number]
    if number >= 80:
        units = number - 80
        if not units:
            return "quatre-vingts"
        return "quatre-vingt-" + _french_below_hundred(units, gender)
    tens = 60 if number >= 60 else number // 10 * 10
    units = number - tens
    if not units:
        return _FRENCH_TENS[tens]
    joint = " et " if units in (1, 11) else "-"
    return _FRENCH_TENS[tens] + joint + _french_below_hundred(units, gender)


def french_number(number: int, gender: str = "m") -> str:
    """Words separated by spaces: 21 → "vingt et un", 71 → "soixante et onze", 200 → "deux cents".

    The traditional spelling: hyphens below a hundred only, none around "et".
    """
    hundreds, rest = divmod(_checked(number), 100)
    words = []
    if hundreds > 1:
        words.append(_FRENCH[hundreds])
    if hundreds:
        words.append("cents" if hundreds > 1 and not rest else "cent")
    if rest:
        words.append(_french_below_hundred(rest, gender))
    return " ".join(words)


def number_phrase(number: int, gender: str = "m") -> Phrase:
    """A number before a noun; un and une agree. Every word is linked with every word."""
    link = Link()
    rivals = {"un": ("une",), "une": ("un",)}
    return Phrase(
        english=tuple(Token(word, (link,)) for word in english_number(number).split()),
        french=tuple(
            Token(word, (link,), rivals=rivals.get(word, ()))
            for word in french_number(number, gender).split()
        ),
        phenomena=("number",),
    )


def clock(hour: int, minutes: int = 0) -> Phrase:
    """"at half past six" ↔ "à six heures et demie", for hours 1 to 11 and 0, 15 or 30 minutes."""
    if not 1 <= hour <= 11 or minutes not in (0, 15, 30):
        raise ValueError(f"clock: wanted hours 1 to 11, minutes 0, 15, 30; got {hour}, {minutes}")
    at, number, middle, part = Link(), Link(), Link(), Link()
    words = (Token(french_number(hour, "f"), (number,)),)
    word = "heure" if hour == 1 else "heures"
    english_hour = Token(_ENGLISH[hour], (number,))
    start = Token("à", (at,))
    if not minutes:
        english = (Token("at", (at,)), english_hour, Token("o'clock", (middle,)))
        return Phrase(english, (start, *words, Token(word, (middle,))), ("time:clock",))
    left, right = ("half", "demie") if minutes == 30 else ("quarter", "quart")
    article = (Token("a", (part,)),) if minutes == 15 else ()
    return Phrase(
        english=(Token("at", (at,)), *article, Token(left, (part,)), Token("past", (middle,)),
                 english_hour),
        french=(start, *words, Token(word, (number,)), Token("et", (middle,)),
                Token(right, (part,))),
        phenomena=("time:clock",),
    )
