"""`postcards print-stock …`: stock cards for a kiosk, to be written by hand."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any, get_args

import click

from postcards.cli.edge import BY, answer, as_json, cards_of, now, tools
from postcards.cli.printing import SheetWords, can_be_written
from postcards.models.booklet import LARGEST
from postcards.press import press_of
from postcards.rules.sheet import PRESETS, Duplex
from postcards.services import campaigns, kiosks, stock, stock_printing


@click.command("print-stock")
@click.argument("slug")
@click.option("--kiosk", "kiosk_id", type=click.UUID, help="The kiosk that will bind these cards.")
@click.option("--stamps", type=click.IntRange(1, LARGEST), help=f"How many cards, up to {LARGEST}.")
@click.option(
    "--again", type=click.UUID, help="A booklet printed before: those of its cards nobody has written."
)
@click.option(
    "--sheet",
    required=True,
    type=SheetWords(),
    metavar="|".join([*PRESETS, "WxH"]),
    help="WxH is in mm: 330x480.",
)
@click.option("--duplex", type=click.Choice(get_args(Duplex)), default="long-edge", show_default=True)
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
@as_json
def print_stock(
    slug: str,
    kiosk_id: uuid.UUID | None,
    stamps: int | None,
    again: uuid.UUID | None,
    sheet: str,
    duplex: Duplex,
    out: Path,
    as_json: bool,
) -> None:
    """Print stock cards of SLUG for a kiosk: stamped, with number and QR, and with lines for the address.

    Visitors write everything by hand. The kiosk then scans each card and is told its country; before that, a card
    is not counted and must not be posted.
    """
    new = None if kiosk_id is None or stamps is None else (kiosk_id, stamps)
    if (again is None) == (new is None):
        raise click.UsageError("Give --kiosk and --stamps for new cards, or --again BOOKLET.")
    can_be_written(out)
    with tools() as kit:
        press = press_of(kit.settings, files=kit.files, sealed_files=kit.sealed_files, vault=kit.vault)
        with kit.begin() as session:
            campaign = campaigns.find(session, slug=slug)
            how: Any = {"sheet": sheet, "duplex": duplex, "press": press, "by": BY, "at": now()}
            if new is not None:
                kiosk = kiosks.identity(session, campaign_id=campaign.id, kiosk_id=new[0])
                drawn = stock_printing.lend_and_draw(session, kiosk=kiosk, stamps=new[1], **how)
            elif again is not None:
                drawn = stock_printing.draw_again(session, campaign_id=campaign.id, booklet_id=again, **how)
        out.write_bytes(drawn.pdf)
    if as_json:
        return answer({"booklet": str(drawn.booklet_id), "cards": drawn.cards, "first": drawn.first,
                       "last": drawn.last, "file": str(out)})  # fmt: skip
    click.echo(
        f"Wrote {cards_of(drawn.cards)}, No. {drawn.first} to {drawn.last}, to {out}. Booklet {drawn.booklet_id}."
    )
    if drawn.cards < drawn.asked:
        click.echo(f"No more stamps are free: {drawn.asked} were asked for.", err=True)
    return None


@click.command("return-stock")
@click.argument("slug")
@click.argument("booklet_id", metavar="BOOKLET", type=click.UUID)
@as_json
def return_stock(slug: str, booklet_id: uuid.UUID, as_json: bool) -> None:
    """Put the stamps of a booklet's stock cards that nobody wrote back into SLUG's drawer.

    Tear their paper up: its codes are answered as replaced.
    """
    with tools() as kit, kit.begin() as session:
        campaign = campaigns.find(session, slug=slug)
        numbers = stock.take_back(session, campaign_id=campaign.id, booklet_id=booklet_id, by=BY, at=now())
    if as_json:
        return answer({"booklet": str(booklet_id), "returned": list(numbers)})
    which = ", ".join(f"No. {number}" for number in numbers)
    click.echo(
        f"Taken back: {which}. Tear their paper up." if numbers else "No card of it is left to take back."
    )
    return None
