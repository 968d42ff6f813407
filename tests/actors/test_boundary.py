"""What is left of an exception when it travels."""

from __future__ import annotations

from rekuest.actors.boundary import describe_exception


def _catch(error: BaseException | None = None) -> BaseException:
    try:
        if error is not None:
            raise error
        divide(1, 0)
    except BaseException as exc:  # noqa: BLE001 - any kind is tested
        return exc
    raise AssertionError("nothing was raised")


def divide(a: int, b: int) -> float:
    secret = a
    return secret / b


class StageError(Exception):
    """An error of a user."""


class SilentError(Exception):
    """An error that cannot say what it is."""

    def __str__(self) -> str:
        raise ValueError("no words")


def test_type_and_message() -> None:
    info = describe_exception(_catch())
    assert (info.type, info.message) == ("ZeroDivisionError", "division by zero")


def test_type_of_a_user_is_qualified() -> None:
    assert describe_exception(StageError()).type == f"{__name__}.StageError"


def test_traceback_ends_in_the_users_line_without_values() -> None:
    text = describe_exception(_catch()).traceback
    assert text is not None
    assert "return secret / b" in text
    assert "secret = 1" not in text


def test_frames_of_rekuest_are_left_out() -> None:
    error = _catch(error=StageError("stuck"))
    described = describe_exception(error)
    assert described.traceback is not None
    assert "rekuest/actors/boundary.py" not in described.traceback


def test_notes_travel() -> None:
    error = StageError("stuck")
    error.add_note("the stage is at its end")
    assert describe_exception(error).notes == ["the stage is at its end"]


def test_long_message_is_shortened() -> None:
    assert len(describe_exception(StageError("x" * 20_000)).message) == 10_000


def test_message_that_cannot_be_made() -> None:
    info = describe_exception(_catch(error=SilentError()))
    assert info.message == "(its message could not be made: __str__ raised ValueError)"


def test_group_keeps_its_members() -> None:
    group = BaseExceptionGroup("two", [_catch(), StageError("stuck")])
    text = describe_exception(group).traceback
    assert text is not None
    assert "division by zero" in text
    assert "stuck" in text


def test_deep_recursion_is_bounded() -> None:
    def dive() -> None:
        dive()

    try:
        dive()
    except RecursionError as exc:
        info = describe_exception(exc)
    assert info.type == "RecursionError"
    assert info.traceback is not None
    assert len(info.traceback) < 20_000


def test_exit_is_described() -> None:
    info = describe_exception(_catch(error=SystemExit(3)))
    assert (info.type, info.message) == ("SystemExit", "3")
