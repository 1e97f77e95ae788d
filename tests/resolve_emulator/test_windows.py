"""E52: windows, their events and the loop."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from resolve_emulator import Session
from resolve_emulator.environment import script_globals
from resolve_emulator.gate import StillHanging


@pytest.fixture
def made(session: Session) -> tuple[Any, Any, Any]:
    """UIManager, dispatcher and a window with one of each."""
    found = script_globals(session)
    ui = found["fusion"].UIManager
    dispatcher = found["bmd"].UIDispatcher(ui)
    layout = ui.VGroup(
        {"Spacing": 4},
        [
            ui.Label({"ID": "Text", "Text": "ready"}),
            ui.HGroup([ui.Button({"ID": "Go", "Text": "Go"}), ui.CheckBox({"ID": "Pin"})]),
            ui.ComboBox({"ID": "Engine"}),
            ui.DoubleSpinBox({"ID": "Guidance", "Value": 1.0, "Minimum": 0, "Maximum": 10}),
            ui.Tree({"ID": "Keys", "ColumnCount": 3}),
        ],
    )
    window = dispatcher.AddWindow({"ID": "Panel", "WindowTitle": "SparkVSR"}, layout)
    return ui, dispatcher, window


def test_e52_elements_are_found_and_changed(made: Any) -> None:
    ui, _, window = made
    items = window.GetItems()
    assert set(items) == {"Panel", "Text", "Go", "Pin", "Engine", "Guidance", "Keys"}
    items["Text"].Text = "busy"
    assert window.Find("Text").Text == items["Text"]["Text"] == "busy"
    assert window.Find("nothing") is None and ui.FindWindow("Panel") is window
    items["Engine"].AddItems(["auto", "flow"])
    items["Engine"].CurrentIndex = 1
    assert (items["Engine"].CurrentText, items["Engine"].Count()) == ("flow", 2)
    row = items["Keys"].NewItem()
    row.Text[0] = "01:00:00:00"
    items["Keys"].AddTopLevelItem(row)
    assert items["Keys"].TopLevelItem(0) is row and items["Keys"].TopLevelItem(1) is None
    items["Keys"].Clear()
    assert items["Keys"].TopLevelItemCount() == 0


def test_e52_what_there_is_not_cannot_be_used(made: Any) -> None:
    ui, _, window = made
    with pytest.raises(AttributeError, match="ProgressBar"):
        ui.ProgressBar({"ID": "p"})
    with pytest.raises(AttributeError, match="no Value"):
        window.Find("Text").Value = 3
    with pytest.raises(AttributeError, match="no Timeout"):
        window.On["Go"].Timeout = print
    with pytest.raises(KeyError):
        window.On["Gone"].Clicked = print


def test_e52_events_reach_their_handlers_while_the_loop_runs(session: Session, made: Any) -> None:
    _, dispatcher, window = made
    window.Find("Engine").AddItems(["auto", "flow"])
    seen: list[tuple[str, Any]] = []
    window.On["Go"].Clicked = lambda event: seen.append((event["what"], window.Find("Go").Text))
    window.On.Pin.Clicked = lambda event: seen.append(("pin", window.Find("Pin").Checked))
    window.On["Engine"].CurrentIndexChanged = lambda e: seen.append(
        ("engine", window.Find("Engine").CurrentIndex)
    )
    window.On["Guidance"].ValueChanged = lambda e: seen.append(
        ("guidance", window.Find("Guidance").Value)
    )
    window.On["Panel"].Close = lambda event: dispatcher.ExitLoop()
    session.at(1.0, lambda: session.windows.click("Go"))
    session.at(2.0, lambda: session.windows.click("Pin"))
    session.at(3.0, lambda: session.windows.enter("Engine", "flow"))
    session.at(4.0, lambda: session.windows.enter("Guidance", 1.5))
    session.at(5.0, lambda: session.windows.close("Panel"))
    window.Show()
    dispatcher.RunLoop()
    window.Hide()
    assert seen == [("Clicked", "Go"), ("pin", True), ("engine", 1), ("guidance", 1.5)]
    assert session.now() == pytest.approx(5.0)


def test_e52_a_disabled_button_cannot_be_pressed(session: Session, made: Any) -> None:
    _, dispatcher, window = made
    pressed: list[Any] = []
    window.On["Go"].Clicked = pressed.append
    window.Find("Go").Enabled = False
    session.windows.click("Go")
    window.On["Panel"].Close = lambda event: dispatcher.ExitLoop()
    session.windows.close("Panel")
    dispatcher.RunLoop()
    assert pressed == []


def test_e52_a_timer_ticks_until_it_is_stopped(session: Session, made: Any) -> None:
    ui, dispatcher, _ = made
    times: list[float] = []
    timer = ui.Timer({"ID": "Tick", "Interval": 250})

    def tick(event: Any) -> None:
        times.append(round(session.now(), 3))
        if len(times) == 3:
            timer.Stop()
            dispatcher.ExitLoop()

    dispatcher.On["Tick"].Timeout = tick
    timer.Start()
    session.sleep(0.6)
    assert times == [] and timer.IsActive is True  # without a loop nothing is delivered
    timer.Stop()
    timer.Start()
    begin = session.now()
    dispatcher.RunLoop()
    assert times == [pytest.approx(begin + n * 0.25, abs=0.001) for n in (1, 2, 3)]
    assert timer.IsActive is False
    session.at(2.0, dispatcher.ExitLoop)
    dispatcher.RunLoop()
    assert len(times) == 3


def test_e52_a_handler_is_never_inside_of_another(session: Session, made: Any) -> None:
    ui, dispatcher, window = made
    depth = [0]
    order: list[str] = []
    timer = ui.Timer({"ID": "Tick", "Interval": 100})

    def click(event: Any) -> None:
        depth[0] += 1
        session.sleep(1.0)  # a long step; ticks fall due meanwhile
        depth[0] -= 1
        order.append("click")

    def tick(event: Any) -> None:
        assert depth[0] == 0
        order.append("tick")
        if order.count("tick") == 12:
            dispatcher.ExitLoop()

    window.On["Go"].Clicked = click
    dispatcher.On["Tick"].Timeout = tick
    timer.Start()
    session.at(0.15, lambda: session.windows.click("Go"))
    dispatcher.RunLoop()
    assert order[:2] == ["tick", "click"] and not session.windows.errors


def test_e52_other_threads_run_while_a_timer_ticks(session: Session, made: Any) -> None:
    ui, dispatcher, _ = made
    done = threading.Event()
    worker = threading.Timer(0.02, done.set)
    timer = ui.Timer({"ID": "Tick", "Interval": 50})
    dispatcher.On["Tick"].Timeout = lambda event: done.is_set() and dispatcher.ExitLoop()
    timer.Start()
    worker.start()
    dispatcher.RunLoop()
    worker.join()
    assert done.is_set()


def test_e52_a_failing_handler_is_printed_and_the_loop_goes_on(
    session: Session, made: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    _, dispatcher, window = made
    window.On["Go"].Clicked = lambda event: 1 / 0
    window.On["Panel"].Close = lambda event: dispatcher.ExitLoop()
    session.windows.click("Go")
    session.windows.close("Panel")
    dispatcher.RunLoop()
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert "ZeroDivisionError" in session.violations.pop()


def test_e52_a_loop_that_nothing_leaves_fails_the_test(made: Any) -> None:
    _, dispatcher, _ = made
    with pytest.raises(StillHanging):
        dispatcher.RunLoop()


def test_e52_a_window_that_is_left_open_breaks_a_rule(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="left open"), Session(folder=tmp_path) as session:
        found = script_globals(session)
        window = found["bmd"].UIDispatcher(None).AddWindow({"ID": "w"}, [])
        window.Show()
