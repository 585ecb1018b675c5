"""Every exercise of the book: stub, check, hint, solution, and wrong answers told why."""

import pytest

from seq2seq_lib.checks import registry
from tests import exercise_audit as audit

# The checks run learners' loops, and one chapter's exercises may train a little.
SECONDS = 20.0

CHAPTERS = audit.chapters_with_checks()
NOTEBOOKS = audit.notebooks(registry.CHAPTERS)
EXERCISES = [known.number for chapter in CHAPTERS for known in registry.of_chapter(chapter)]
FEWEST = 4


@pytest.mark.parametrize("number", EXERCISES)
def test_solution_is_correct_and_three_wrong_answers_are_told_why(number: str) -> None:
    complaints = audit.answer_complaints(number, audit.wrong_answers(number[:2]))
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("chapter", NOTEBOOKS)
def test_notebook_has_stub_check_hint_and_solution_of_each_exercise(chapter: str) -> None:
    complaints = audit.notebook_complaints(NOTEBOOKS[chapter])
    assert not complaints, "\n".join(complaints)


def test_every_chapter_has_enough_exercises_and_every_exercise_a_chapter() -> None:
    few = [
        chapter
        for chapter in NOTEBOOKS
        if chapter != "00" and len(registry.of_chapter(chapter)) < FEWEST
    ]
    assert not few, f"chapters with fewer than {FEWEST} exercises: {few}"
    homeless = [chapter for chapter in CHAPTERS if NOTEBOOKS and chapter not in NOTEBOOKS]
    assert not homeless, f"chapters with exercises and no notebook: {homeless}"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_no_wrong_answer_belongs_to_an_unknown_exercise(chapter: str) -> None:
    named = {answer.exercise for answer in audit.wrong_answers(chapter)}
    assert named <= {known.number for known in registry.of_chapter(chapter)}
