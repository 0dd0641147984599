"""Print runs under fire: two operators, many workers, a desk that voids and corrects; no card is printed twice."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from sqlalchemy import text

from postcards.errors import Refusal
from postcards.models import PrintRun
from postcards.services import print_control, printing
from postcards.services.print_requests import TakenByRun
from tests.plugins.cast import AT, Town
from tests.services.posting import one
from tests.services.pressing import press
from tests.services.print_desk import Clock, ask, books, do, move_house, registered, seen, void


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """This will start all of them at the same moment and give what each gave, or the refusal it met."""
    start = threading.Barrier(len(deeds))

    def run(deed: Callable[[], object]) -> object:
        start.wait(timeout=30)
        try:
            return deed()
        except Refusal as refusal:
            return refusal

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


def test_of_two_operators_who_start_the_same_run_one_gets_the_cards(vilnius: Town) -> None:
    for round_ in range(1, 4):
        registered(vilnius, 3)
        came = at_once(lambda: ask(vilnius), lambda: ask(vilnius))
        runs = [one_run for one_run in came if isinstance(one_run, PrintRun)]
        told = [refusal for refusal in came if isinstance(refusal, TakenByRun)]
        assert (len(runs), len(told)) == (1, 1), came
        assert (runs[0].run, runs[0].cards, told[0].extra) == (round_, 3, {"run": round_, "cards": 3})
        do(vilnius, print_control.cancel, runs[0])
        with vilnius.house.begin() as session:  # so that the next round has cards of its own
            session.execute(text("UPDATE card SET held = '{aside}' WHERE held = '{}'"))
    assert books(vilnius) == []


def test_many_workers_draw_each_part_once(vilnius: Town) -> None:
    registered(vilnius, 12)
    run = ask(vilnius, sheet="a6", part_sheets=2)
    house = vilnius.house

    def work() -> object:
        return printing.draw(house.begin, run_id=run.id, press=press(house), worker="worker", clock=Clock())

    at_once(work, work, work)
    done = seen(vilnius, run)
    assert done.status == "ready"
    assert [(part.status, part.attempts, part.drawn) for part in done.parts] == [("drawn", 1, 2)] * 6
    assert one(vilnius, "SELECT count(*) FROM journal WHERE action = 'print_run.ready'") == 1
    assert one(vilnius, "SELECT count(*) FROM print_log WHERE true") == 12
    assert books(vilnius) == []


def test_void_correct_and_print_of_one_card_at_once(vilnius: Town) -> None:
    house = vilnius.house
    numbers = itertools.count(1)
    for _ in range(4):
        made = registered(vilnius, 3)
        run = ask(vilnius, sheet="a6", part_sheets=1)

        def work(run: PrintRun = run) -> object:
            return printing.draw(
                house.begin, run_id=run.id, press=press(house), worker=f"w{next(numbers)}", clock=Clock()
            )

        at_once(work, partial(void, vilnius, made[0]), partial(move_house, vilnius, made[1]), work)
        assert seen(vilnius, run).status == "ready"
        assert books(vilnius) == []
    # What a run says was drawn, and is not stale, carries the code that its card had then; the log knows it.
    lost = """
        SELECT count(*) FROM print_run_card p WHERE p.outcome = 'drawn'
          AND NOT EXISTS (SELECT FROM print_log l WHERE l.card_id = p.card_id AND l.code = p.code) AND true
    """
    with house.begin() as session:
        assert session.scalar(text(lost)) == 0
        waiting = session.scalars(text("SELECT count(*) FROM card WHERE print_run_id IS NOT NULL")).one()
    assert waiting == 0
    assert house.at == AT
