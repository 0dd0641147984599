"""Drawing cards: rates for one core, against the naive way in the same run; one card for a kiosk; memory and bytes.

Rates are cards a second of processor time of one process, so that a busy machine measures the same. Nothing is
kept: what is drawn goes into a sink that only counts.
"""

from __future__ import annotations

import io
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.paper_baseline import draw_naively
from bench.report import Figure, per_second
from postcards.paper.card import draw_card
from postcards.paper.preflight import preflight
from postcards.paper.qr import library_rows, qr_rows
from postcards.paper.run import draw_run
from postcards.rules.edition import load_edition
from postcards.rules.face import Face, Look
from postcards.rules.tracking_code import new_tracking_code
from postcards.services.faces import look_of, tracking_url

ROUNDS = 5
CARDS = 2_000
NAIVE_CARDS = 60
ORIGIN = "https://farisclose.example"
#: Cards of the two long runs whose memory is measured, each in a process of its own.
LONG_RUNS = (10_000, 100_000)

GIVEN = (
    "Jonas",
    "Élodie",
    "Björn",
    "Małgorzata",
    "Ștefan",
    "Žydrūnė",
    "Søren",
    "Nguyễn Thị Lan",
    "Oleksandra",
    "Σοφία",
)
FAMILY = (
    "Petraitis",
    "Lefèvre",
    "Ångström",
    "Wiśniewska",
    "Țîrcă",
    "Kazlauskienė",
    "Østergård",
    "Papadópoulos",
    "O’Neill",
)
STREETS = (
    "Hauptstraße",
    "Rue de la Paix",
    "Via Garibaldi",
    "ul. Długa",
    "Strada Mihai Viteazul",
    "Drottninggatan",
    "Calle Mayor",
)
TOWNS = (
    ("{} Berlin", "VOKIETIJA / GERMANY"), ("{} Lyon", "PRANCŪZIJA / FRANCE"), ("{} Kraków", "LENKIJA / POLAND"),
    ("{} București", "RUMUNIJA / ROMANIA"), ("{} Uppsala", "ŠVEDIJA / SWEDEN"),
    ("{} Alcalá de Henares", "ISPANIJA / SPAIN"),
)  # fmt: skip
SHAPED = (
    ("سارة عبد الرحمن الخطيب", "{} شارع الحمراء، الطابق ٣", "بيروت", "LIBANAS / LEBANON"),
    ("ליאור בן־דוד", "רחוב הרצל {}", "תל אביב", "IZRAELIS / ISRAEL"),
    ("प्रिया शर्मा", "{} महात्मा गांधी मार्ग", "नई दिल्ली 110001", "INDIJA / INDIA"),
    ("สมชาย ใจดี", "{} ถนนสุขุมวิท", "กรุงเทพมหานคร 10110", "TAILANDAS / THAILAND"),
    ("გიორგი მაისურაძე", "რუსთაველის გამზირი {}", "თბილისი 0108", "GRUZIJA / GEORGIA"),
    ("Արամ Խաչատրյան", "Մաշտոցի պողոտա {}", "Երևան 0002", "ARMĖNIJA / ARMENIA"),
)
LETTER = "Brangi mama, Vilniuje jau sninga, o aš vis galvoju apie tave. Per Kalėdas grįšiu namo, lauk manęs! Čia gera. "


class Sink(io.BytesIO):
    """Counts what is written and keeps nothing."""

    size = 0

    def write(self, data: Any) -> int:
        self.size += len(data)
        return len(data)


def look() -> Look:
    return look_of(load_edition("vilnius"), slug="vilnius", cap=10_000, test=False)


def _face(number: int, lines: tuple[str, ...], message: str | None = None) -> Face:
    code = new_tracking_code()
    return Face(number, code, tracking_url(ORIGIN, code), lines, "Ona Petraitienė", message)


def latin(count: int, *, letters: int = 0) -> Iterator[Face]:
    """This will yield cards to people of nine families in six countries; `letters` of a message on each."""
    chance = random.Random(11)
    for number in range(1, count + 1):
        town, country = chance.choice(TOWNS)
        lines = (
            f"{chance.choice(GIVEN)} {chance.choice(FAMILY)}",
            f"{chance.choice(STREETS)} {chance.randrange(1, 200)}",
            town.format(chance.randrange(10_000, 99_999)),
            country,
        )
        start = chance.randrange(len(LETTER))
        message = (LETTER[start:] + LETTER * 2)[:letters].strip() if letters else None
        yield _face(number, lines, message)


def shaped(count: int) -> Iterator[Face]:
    """This will yield cards in Arabic, Hebrew, Devanagari, Thai, Georgian and Armenian."""
    chance = random.Random(12)
    for number in range(1, count + 1):
        yield _face(number, tuple(line.format(chance.randrange(1, 300)) for line in chance.choice(SHAPED)))


def _rates(work: Callable[[], object], cards: int, rounds: int = ROUNDS) -> list[float]:
    work()
    found = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        found.append(cards / (time.process_time() - started))
    return found


def drawing() -> list[Figure]:
    """This will measure how fast cards are drawn."""
    design = look()
    plain, typed, shapes = list(latin(CARDS)), list(latin(CARDS, letters=160)), list(shaped(CARDS // 2))
    simple = [(f.number, f.url, f.tracking_code, f.address_lines) for f in plain[:NAIVE_CARDS]]
    ours = _rates(lambda: draw_run(design, plain, sheet="a6", out=Sink()), CARDS)
    naive = _rates(lambda: draw_naively(simple, io.BytesIO()), NAIVE_CARDS)
    ratio = statistics.median(ours) / statistics.median(naive)
    checked = _rates(lambda: _drawn_and_checked(design, plain), CARDS, 3)
    in_scripts = _rates(lambda: draw_run(design, shapes, sheet="a6", out=Sink()), len(shapes))
    on_sheets = _rates(lambda: draw_run(design, plain, sheet="sra3-8up", out=Sink()), CARDS)
    with_letter = _rates(lambda: draw_run(design, typed, sheet="a6", out=Sink()), CARDS)
    urls = [face.url for face in plain]
    symbols = _rates(lambda: [qr_rows(url) for url in urls], CARDS)
    library = _rates(lambda: [library_rows(url) for url in urls[:50]], 50, 3)
    return [
        Figure(
            "cards drawn, Latin, both sides, one core", per_second(ours), "≥ 1,000/s", "the real design, A6"
        ),
        Figure(
            "… against the naive way in the same run",
            f"{ratio:,.0f} ×",
            "≥ 25 ×",
            f"naive: {per_second(naive)}",
        ),
        Figure(
            "… with the cheap checks of every card",
            per_second(checked),
            "≥ 1,000/s",
            "the preflight, with pixels of the first and the last",
        ),
        Figure(
            "… in six shaped scripts",
            per_second(in_scripts),
            "≥ 400/s",
            "Arabic, Hebrew, Devanagari, Thai, …",
        ),
        Figure("… eight on a sheet (sra3-8up)", per_second(on_sheets), "", ""),
        Figure("… with a typed message of 160 letters", per_second(with_letter), "", ""),
        Figure(
            "QR symbols", per_second(symbols), "", f"the library with the same mask: {per_second(library)}"
        ),
        *_bytes(design, plain, typed),
    ]


def _drawn_and_checked(design: Look, faces: Sequence[Face]) -> None:
    out = io.BytesIO()
    draw_run(design, faces, sheet="a6", out=out)
    out.seek(0)
    if faults := preflight(out, design, faces, sheet="a6", every=len(faces)):
        raise SystemExit(f"The preflight found {faults[0]}")


def _bytes(design: Look, plain: Sequence[Face], typed: Sequence[Face]) -> list[Figure]:
    found = []
    for what, faces in (("", plain), (", with a message of 160 letters", typed)):
        sink = Sink()
        draw_run(design, faces, sheet="a6", out=sink)
        found.append(
            Figure(f"bytes of file a card{what}", f"{sink.size / len(faces):,.0f}", "≤ 1,500", "two A6 pages")
        )
    return found


def one_card() -> list[Figure]:
    """This will measure a single card as a kiosk gets it: drawn and looked through, all on its pixels."""
    design, times = look(), []
    for face in [*latin(20), *shaped(20)]:
        started = time.process_time()
        pdf = draw_card(design, face)
        if faults := preflight(io.BytesIO(pdf), design, [face], sheet="a6"):
            raise SystemExit(f"The preflight found {faults[0]}")
        times.append((time.process_time() - started) * 1000)
    warm = times[3:]
    shown = f"{statistics.median(warm):.0f} ms ({min(warm):.0f}–{max(warm):.0f})"
    return [
        Figure(
            "one card for a kiosk, warm, with its preflight",
            shown,
            "< 60 ms",
            "half of them in shaped scripts",
        )
    ]


def memory() -> list[Figure]:
    """This will measure the most memory a process takes that draws a long run."""
    found = []
    for cards in LONG_RUNS:
        told = subprocess.run(
            [sys.executable, "-m", "bench.drawing", str(cards)], check=True, capture_output=True, text=True
        ).stdout
        found.append(
            Figure(f"memory of a process that draws {cards:,} cards", f"{told.strip()} MiB", "< 200 MiB")
        )
    return found


def _long_run(cards: int) -> None:
    """Draw that many cards into nothing and say the most memory taken, in MiB."""
    with Path(os.devnull).open("wb") as nothing:
        draw_run(look(), latin(cards), sheet="a6", out=nothing)
    print(round(_most_memory() / 1024))


def _most_memory() -> int:
    """The most memory this process has taken, in kilobytes. Linux counts a parent's too in what getrusage says."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(
            int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")
        )
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // 1024 if sys.platform == "darwin" else most


def paper() -> list[Figure]:
    """This will measure everything about drawing."""
    return [*drawing(), *one_card(), *memory()]


if __name__ == "__main__":
    _long_run(int(sys.argv[1]))
