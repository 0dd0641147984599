"""Makes the pictures of the documents from the running thing: `make pictures` (`ARGS=paper`: those on paper alone).

It draws what is printed (`printing_pictures`), starts `postcards up --demo` on a free loopback port in a folder of its
own, walks through kiosk, desk and partner pages in the machine's Chromium, draws the PDFs with pdftoppm, writes
docs/pictures/ and ends what it started.
"""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from docs import printing_pictures  # noqa: E402
from postcards import embedded  # noqa: E402
from tests.plugins.cast import free_port  # noqa: E402
from tests.plugins.needs import find_chromium  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
#: Dots per inch of drawn PDFs: an A6 card is then 874 pixels wide.
RESOLUTION = 150
#: Seconds that filling a database with lifelike cards may take on a slow machine.
PATIENCE = 300
#: No picture weighs more, bytes: a README is read on telephones too.
HEAVIEST = 250_000


def main() -> int:
    """This will write all pictures, or those on paper alone, or say in one line why it cannot."""
    PICTURES.mkdir(exist_ok=True)
    printing_pictures.draw_all(_keep)
    if sys.argv[1:] == ["paper"]:
        return 0
    chromium = find_chromium()
    if chromium is None:
        print("There is no Chromium here; `make browser` says how to get one.", file=sys.stderr)
        return 1
    with (
        tempfile.TemporaryDirectory(prefix="postcards-pictures-") as folder,
        running_up(Path(folder)) as house,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        code = at_the_kiosk(_page(browser, 1024, 768), house, Path(folder))
        at_the_desk(_page(browser, 1280, 900), house)
        at_the_post(_page(browser, 1280, 900), house, Path(folder))
        in_public(_page(browser, 390, 760), _page(browser, 1280, 800), house, code)
        browser.close()
    return 0


@dataclass(frozen=True)
class House:
    """A running `up` and its screen."""

    url: str
    screen: str

    def after(self, words: str) -> str:
        """This will give what stands behind `words` on its line of the screen."""
        found = re.search(rf"{re.escape(words)}\s+(\S.*)$", self.screen, re.MULTILINE)
        if found is None:
            raise SystemExit(f"The screen does not say {words!r}:\n{self.screen}")
        return found[1].strip()


@contextmanager
def running_up(folder: Path) -> Iterator[House]:
    """This will run `postcards up --demo` in `folder` for the block, and stop it as Ctrl-C does."""
    home, log, port = folder / "home", folder / "screen", free_port()
    env = {name: value for name, value in os.environ.items() if not name.startswith("POSTCARDS_")}
    command = [sys.executable, "-m", "postcards", "up", "--demo", "--port", str(port)]
    with log.open("w") as screen:
        process = subprocess.Popen(
            command, env=env | {"POSTCARDS_HOME": str(home)}, stdout=screen, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while "One-time sign-ins" not in log.read_text() or "every card says TEST" not in log.read_text():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"It did not come up:\n{log.read_text()}")
            time.sleep(0.2)
        yield House(f"http://127.0.0.1:{port}", log.read_text())
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
        embedded.remove_data(home)


def at_the_kiosk(page: Page, house: House, folder: Path) -> str:
    """Pairs the tablet and registers a card, a picture at each step; gives the card's tracking code."""
    page.goto(f"{house.url}/kiosk/")
    page.get_by_label("Pairing code").fill(house.after("pairing code"))
    page.get_by_label("Name of this device").fill("Tablet by the window")
    page.get_by_label("Your first name").fill("Rūta")
    _shot(page, "kiosk-pairing", whole=True)
    page.get_by_role("button", name="Pair this device").click()
    page.get_by_label("I have read this, and I agree.").check()
    page.get_by_label("Tell me by e-mail when the card has arrived.").check()
    page.get_by_label("Your e-mail").fill("ona@example.org")
    _shot(page, "kiosk-consent")
    page.get_by_role("button", name="Begin my card").click()
    page.get_by_label("Your name").fill("Ona Petraitienė")
    page.get_by_role("region", name="To").get_by_label("Name").fill("Jonas Petraitis")
    page.get_by_role("combobox", name="Country").fill("germ")
    page.get_by_role("option", name="Germany").click()
    page.get_by_label("Street and number").fill("Hauptstraße 5")
    page.get_by_label("Postcode").fill("10115")
    page.get_by_label("Town").fill("Berlin")
    _shot(page, "kiosk-address")
    page.get_by_role("button", name="Read it back").click()
    expect(page.get_by_text("VOKIETIJA / GERMANY")).to_be_visible()
    _shot(page, "kiosk-read-back")
    with page.expect_response(lambda answer: answer.url.endswith("/kiosk/cards")) as made:
        page.get_by_role("button", name=re.compile("take a stamp")).click()
    card = made.value.json()
    expect(page.get_by_text(f"{card['number']:05}").first).to_be_visible()
    _shot(page, "kiosk-number")
    with page.expect_request(lambda asked: "postcard.pdf" in asked.url) as asked:
        page.get_by_role("button", name="Print card").click()
    # The browser's PDF viewer swallows the answer that it shows, so we ask as the kiosk once more.
    answer = page.request.get(
        asked.value.url, headers={"Authorization": asked.value.headers["authorization"]}
    )
    _draw(answer.body(), ("card-address", "card-picture"), folder)
    page.get_by_role("button", name="Yes, it is good").click()
    expect(page.get_by_text("Printed.")).to_be_visible()
    return str(card["tracking_code"])


def at_the_desk(page: Page, house: House) -> None:
    """Signs an organiser in, looks around, and seals what waits, our card too."""
    page.goto(house.after("organiser@example.org"))
    page.get_by_role("button", name="Sign in now").click()
    expect(page.get_by_role("heading", name="Where the cards are")).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 1180})
    _shot(page, "desk")
    page.set_viewport_size({"width": 1280, "height": 720})
    page.get_by_role("link", name="Manifests", exact=True).first.click()
    expect(page.get_by_role("button", name="Seal now")).to_be_visible()
    _shot(page, "desk-manifests")
    page.on("dialog", lambda asked: asked.accept())
    page.get_by_role("button", name="Seal now").click()
    expect(page.get_by_text("are sealed")).to_be_visible()


def at_the_post(page: Page, house: House, folder: Path) -> None:
    """Signs the Post's clerk in and takes the list that waits for an answer."""
    page.goto(house.after("partner@example.org"))
    page.get_by_role("button", name="Sign in now").click()
    page.get_by_role("row").filter(has_text="Waits for your answer").get_by_role("link").last.click()
    expect(page.get_by_role("button", name="Send the answer")).to_be_visible()
    _shot(page, "partner")
    with page.expect_download() as download:
        page.get_by_role("link", name="List to sign (PDF)").click()
    _draw(Path(download.value.path()).read_bytes(), ("manifest",), folder)


def in_public(phone: Page, screen: Page, house: House, code: str) -> None:
    """Scans the card, and looks at the wall."""
    phone.goto(f"{house.url}/T/{code}")
    _shot(phone, "recipient")
    screen.goto(f"{house.url}/wall/vilnius")
    _shot(screen, "wall")


def _page(browser: Browser, width: int, height: int) -> Page:
    return browser.new_context(
        viewport={"width": width, "height": height}, locale="en-GB", reduced_motion="reduce"
    ).new_page()


def _shot(page: Page, name: str, *, whole: bool = False) -> None:
    page.evaluate("document.fonts.ready.then(() => window.scrollTo(0, 0))")
    page.wait_for_timeout(300)  # a transition's length
    _keep(page.screenshot(full_page=whole), name)


def _draw(pdf: bytes, names: tuple[str, ...], folder: Path) -> None:
    """Draws the first pages of a PDF, one picture for each name."""
    for number, name in enumerate(names, 1):
        target = folder / name
        pages = ["-f", str(number), "-l", str(number), "-singlefile"]
        subprocess.run(
            ["pdftoppm", "-png", "-r", str(RESOLUTION), *pages, "-", str(target)], input=pdf, check=True
        )
        _keep(target.with_suffix(".png").read_bytes(), name)


def _keep(png: bytes, name: str) -> None:
    picture = Image.open(io.BytesIO(png)).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    target = PICTURES / f"{name}.png"
    picture.save(target, optimize=True)
    weight = target.stat().st_size
    print(f"{target.relative_to(ROOT)}  {picture.width}x{picture.height}  {weight // 1000} kB")
    if weight > HEAVIEST:
        raise SystemExit(f"{target.name} weighs {weight} bytes, more than {HEAVIEST}.")


if __name__ == "__main__":
    sys.exit(main())
