"""The desk's list of mail to senders: what has left, what waits, what lies in the outbox, and what could not go."""

from __future__ import annotations

import uuid

from flask import request, url_for

from postcards.queries import mail_pages
from postcards.web.context import kit
from postcards.web.desk.room import READERS, blueprint, page, place
from postcards.web.doors import guarded

PAGE = 50


@blueprint.get("/desk/c/<slug>/mail/")
@guarded(READERS)
def mail(slug: str) -> str:
    """A page of mails; `?before=` a mail's id goes further back."""
    before = request.args.get("before", type=uuid.UUID)
    tools = kit()
    lying = tools.outbox.mails()
    with tools.read() as session:
        here = place(session)
        counts = mail_pages.counts(session, campaign_id=here.campaign.id, lying=lying)
        found = mail_pages.newest(session, campaign_id=here.campaign.id, limit=PAGE + 1, before=before)
    mails, more = found[:PAGE], len(found) > PAGE
    return page(
        "desk/mail.html",
        here,
        at_page="mail",
        counts=counts,
        mails=mails,
        lying=lying,
        has_server=bool(tools.settings.smtp_url),
        further=url_for("desk.mail", slug=slug, before=mails[-1].id) if more else "",
        first=url_for("desk.mail", slug=slug) if before else "",
    )
