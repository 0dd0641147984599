"""Mail leaves once, waits while it cannot, and gives up with a reason; on a real SMTP server."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator

import pytest
import redis
import structlog
from sqlalchemy import Row, text

from postcards import jobs
from postcards.errors import Unavailable
from postcards.gateways.mail import SmtpMailer
from postcards.rules.letter import Letter, Words
from postcards.services import mailing, tracking
from tests.faults.parts import wait_until
from tests.gateways.post_office import PostOffice, post_office
from tests.plugins.cast import House
from tests.services.travelling import NOON, Posted, Town

SENDER = "postcards@example.org"
MINUTE = dt.timedelta(minutes=1)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> dt.datetime:
        return self.at


@pytest.fixture
def town(house: House) -> Town:
    return Town(house)


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


def words(notice: mailing.Notice) -> Words:
    told = f"{notice.sender_name} {notice.number} {notice.language} {notice.slip_path}"
    return Words(f"{notice.campaign} {notice.number}", told, f"<p>{told}</p>")


def arrived(town: Town, *, email: str = "ona@example.org", sender: str = "Ona") -> Posted:
    card = town.card(email=email, sender=sender)
    with town.begin() as session:
        tracking.confirm_arrival(session, code=card.code, by="recipient", at=NOON)
    return card


def deliver(town: Town, clock: Clock, url: str, *, worker: str = "w1", limit: int = 50) -> int:
    return mailing.deliver_waiting(
        town.begin,
        vault=town.vault,
        mailer=SmtpMailer(url, SENDER, timeout=5),
        compose=words,
        worker=worker,
        clock=clock,
        limit=limit,
    )


def mail_row(town: Town) -> Row[tuple[object, ...]]:
    with town.begin() as session:
        return session.execute(
            text("SELECT status, attempts, failure, not_before, sent_at, claimed_by FROM mail")
        ).one()


def test_a_notice_is_sent_once_in_the_senders_language(town: Town, office: PostOffice, clock: Clock) -> None:
    card = arrived(town, sender="Ona Petraitienė")
    assert deliver(town, clock, office.url) == 1
    assert deliver(town, clock, office.url) == 0
    (taken,) = office.taken
    assert taken["To"] == "Ona Petraitienė <ona@example.org>"
    assert taken["From"] == f"Toli yra arti <{SENDER}>"
    plain = taken.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().split() == [
        "Ona",
        "Petraitienė",
        str(card.number),
        "lt",
        f"/S/{card.slip_code}",
    ]
    row = mail_row(town)
    assert (row.status, row.attempts, row.sent_at, row.claimed_by) == ("sent", 1, NOON, None)


def test_a_put_off_mail_waits_and_then_leaves(town: Town, office: PostOffice, clock: Clock) -> None:
    arrived(town)
    office.rcpt_replies.append("451 Greylisted")
    assert deliver(town, clock, office.url) == 0
    row = mail_row(town)
    assert (row.status, row.failure, row.not_before) == ("waiting", "put_off_451", NOON + MINUTE)
    assert deliver(town, clock, office.url) == 0
    clock.at += MINUTE
    assert deliver(town, clock, office.url) == 1
    assert mail_row(town).attempts == 2


def test_a_refused_address_fails_with_its_reason_and_the_next_one_leaves(
    town: Town, office: PostOffice, clock: Clock
) -> None:
    arrived(town, email="nobody@example.org")
    arrived(town, email="jonas@example.org")
    office.rcpt_replies.append("550 No such mailbox")
    assert deliver(town, clock, office.url) == 1
    with town.begin() as session:
        rows = session.execute(text("SELECT status, failure FROM mail ORDER BY status")).all()
    assert [tuple(row) for row in rows] == [("failed", "recipient_refused_550"), ("sent", None)]
    clock.at += dt.timedelta(days=2)
    assert deliver(town, clock, office.url) == 0


def test_a_server_that_comes_back_finds_the_mail_waiting(town: Town, clock: Clock) -> None:
    arrived(town, email="ona@example.org")
    arrived(town, email="jonas@example.org")
    with post_office() as gone:
        url, port = gone.url, gone.port
    assert deliver(town, clock, url) == 0
    with town.begin() as session:
        tries = session.execute(text("SELECT sum(attempts) FROM mail")).scalar_one()
    assert tries == 1, "one knock tells that the door is shut; the others are spared"
    clock.at += MINUTE
    with post_office(port=port) as office:
        assert deliver(town, clock, url) == 2
    assert len(office.taken) == 2


def test_after_the_last_try_it_fails(town: Town, clock: Clock) -> None:
    arrived(town)
    with post_office() as gone:
        url = gone.url
    waited = dt.timedelta(0)
    for tried in range(1, mailing.TRIES + 1):
        deliver(town, clock, url)
        row = mail_row(town)
        assert row.attempts == tried
        if tried < mailing.TRIES:
            assert row.status == "waiting"
            waited += row.not_before - clock.at
            clock.at = row.not_before
    assert (row.status, row.failure) == ("failed", "mail_server_away")
    assert mailing.TRIES == 10
    assert dt.timedelta(hours=24) < waited < dt.timedelta(days=2)


class DiesAfterSending:
    """A worker whose machine stops between the server's "taken" and the record of it."""

    class Stopped(BaseException):
        pass

    def __init__(self, mailer: SmtpMailer) -> None:
        self.mailer = mailer

    def send(self, letter: Letter) -> None:
        self.mailer.send(letter)
        raise self.Stopped


def test_a_worker_killed_before_the_record_leaves_at_most_one_duplicate_with_the_same_id(
    town: Town, office: PostOffice, clock: Clock
) -> None:
    arrived(town)
    with pytest.raises(DiesAfterSending.Stopped):
        mailing.deliver_waiting(
            town.begin,
            vault=town.vault,
            mailer=DiesAfterSending(SmtpMailer(office.url, SENDER)),
            compose=words,
            worker="killed",
            clock=clock,
        )
    assert mail_row(town).status == "sending"
    assert deliver(town, clock, office.url, worker="other") == 0, "the lease still runs"
    clock.at += mailing.LEASE + dt.timedelta(seconds=1)
    assert deliver(town, clock, office.url, worker="other") == 1
    first, second = office.taken
    assert first["Message-ID"] == second["Message-ID"]
    assert mail_row(town).status == "sent"


class Slow:
    """Takes so long that the lease runs out, and loses its turn: another worker takes the mail over."""

    def __init__(self, town: Town, clock: Clock, url: str) -> None:
        self.town, self.clock, self.url = town, clock, url

    def send(self, _: Letter) -> None:
        self.clock.at += mailing.LEASE + MINUTE
        assert deliver(self.town, self.clock, self.url, worker="early") == 0, "one round at a time"
        with self.town.begin() as session:  # the database ends the transaction of one that hangs
            session.execute(text(HANG_UP), {"key": mailing.ROUNDS})
        assert deliver(self.town, self.clock, self.url, worker="quick") == 1


HANG_UP = "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND objid = :key"


def test_only_the_one_who_holds_the_lease_records(town: Town, office: PostOffice, clock: Clock) -> None:
    arrived(town)
    with structlog.testing.capture_logs() as logged, pytest.raises(Unavailable):
        mailing.deliver_waiting(
            town.begin,
            vault=town.vault,
            mailer=Slow(town, clock, office.url),
            compose=words,
            worker="slow",
            clock=clock,
        )
    assert "mail was taken over" in [entry["event"] for entry in logged]
    row = mail_row(town)
    assert (row.status, row.attempts, row.sent_at) == ("sent", 2, clock.at)


def test_four_workers_share_the_mail_and_send_each_once(town: Town, office: PostOffice, clock: Clock) -> None:
    for n in range(12):
        arrived(town, email=f"sender{n}@example.org")
    counts: list[int] = []
    workers = [
        threading.Thread(
            target=lambda name=f"w{n}": counts.append(deliver(town, clock, office.url, worker=name))
        )
        for n in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sum(counts) == 12
    assert sorted(str(mail["To"]) for mail in office.taken) == sorted(
        f"Ona <sender{n}@example.org>" for n in range(12)
    )


class Sluggish:
    """Takes five seconds for each."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.taken = clock, 0

    def send(self, _: Letter) -> None:
        self.clock.at += dt.timedelta(seconds=5)
        self.taken += 1


def test_a_slow_server_ends_the_round_so_that_other_jobs_have_their_turn(
    town: Town, clock: Clock, broker_url: str
) -> None:
    for n in range(5):
        arrived(town, email=f"sender{n}@example.org")
    mailer = Sluggish(clock)

    def in_a_round() -> int:
        return mailing.deliver_waiting(
            town.begin, vault=town.vault, mailer=mailer, compose=words, worker="w1", clock=clock
        )

    with redis.Redis(unix_socket_path=broker_url.removeprefix("redis+socket://")) as broker:
        jobs.connect(broker_url)
        try:
            with structlog.testing.capture_logs() as logged:
                assert [in_a_round() for _ in range(4)] == [2, 2, 1, 0]

                def asked() -> int:  # on a busy machine a message may be dropped, and says so
                    return int(broker.llen(jobs.QUEUE)) + sum("dropped" in each["event"] for each in logged)

                wait_until(lambda: asked() == 2, "each that left mail behind has asked for one more")
        finally:
            jobs.disconnect()
    assert mailer.taken == 5


def test_a_mail_whose_key_is_lost_waits_for_it_and_stops_no_other(
    town: Town, office: PostOffice, clock: Clock
) -> None:
    lost, other = arrived(town), arrived(town, sender="Rūta")
    with town.begin() as session:
        key_id = session.scalars(text("SELECT key_id FROM person WHERE card_id = :id"), {"id": lost.id}).one()
        session.execute(text("UPDATE person SET key_id = 'lost' WHERE card_id = :id"), {"id": lost.id})
    assert deliver(town, clock, office.url) == 1
    with town.begin() as session:
        rows = session.execute(
            text("SELECT card_id, status, failure FROM mail ORDER BY status"),
        ).all()
        assert {(row.card_id, row.status, row.failure) for row in rows} == {
            (lost.id, "waiting", "key_missing"),
            (other.id, "sent", None),
        }
        session.execute(
            text("UPDATE person SET key_id = :key WHERE card_id = :id"), {"id": lost.id, "key": key_id}
        )
    clock.at += 2 * MINUTE
    assert deliver(town, clock, office.url) == 1


def test_an_erased_sender_gets_no_mail(town: Town, office: PostOffice, clock: Clock) -> None:
    card = arrived(town)
    with town.begin() as session:
        session.execute(text("UPDATE person SET sender = NULL WHERE card_id = :id"), {"id": card.id})
    assert deliver(town, clock, office.url) == 0
    assert not office.taken
    row = mail_row(town)
    assert (row.status, row.failure) == ("failed", "erased")


def test_a_mail_that_nobody_comes_back_from_is_given_up(town: Town, office: PostOffice, clock: Clock) -> None:
    arrived(town)
    with town.begin() as session:
        session.execute(text("UPDATE mail SET attempts = :tries"), {"tries": mailing.TRIES})
    assert deliver(town, clock, office.url) == 0
    assert mail_row(town).failure == "too_many_tries"


def test_the_log_holds_ids_and_nothing_about_people(town: Town, office: PostOffice, clock: Clock) -> None:
    arrived(town, email="ona.petraitiene@example.org", sender="Ona Petraitienė")
    arrived(town, email="refused.person@example.org", sender="Refused Person")
    arrived(town, email="later.person@example.org", sender="Later Person")
    office.rcpt_replies += ["450 Busy, later.person", "550 refused.person is unknown here"]
    with structlog.testing.capture_logs() as logged:
        deliver(town, clock, office.url)
    assert len(logged) == 3
    told = repr(logged).lower()
    assert not [word for word in ("ona", "person", "example.org", "petrait") if word in told]
