"""Tokens of the postal partner: shown once when made, kept hashed, good until revoked."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from postcards.errors import NotFound
from postcards.models import PartnerToken
from postcards.services import journal
from postcards.vault import token_hash as hash_of


@dataclass(frozen=True, slots=True)
class PartnerIdentity:
    """Whose token it is: one campaign's partner."""

    token_id: int
    campaign_id: int


def make_token(session: Session, *, campaign_id: int, by: str, at: dt.datetime) -> str:
    """This will return a new token (256 random bits) for the campaign's partner; it is never shown again."""
    token = "post_" + secrets.token_urlsafe(32)
    token_id = session.execute(
        insert(PartnerToken).returning(PartnerToken.id),
        {"campaign_id": campaign_id, "token_hash": hash_of(token), "created_at": at},
    ).scalar_one()
    journal.write(
        session,
        campaign_id=campaign_id,
        action="partner_token.made",
        subject=f"partner_token:{token_id}",
        by=by,
        at=at,
    )
    return token


def find_by_token(session: Session, *, token_hash: bytes) -> PartnerIdentity | None:
    """This will return whose token has this hash, None when it is unknown or revoked."""
    row = session.execute(
        select(PartnerToken.id, PartnerToken.campaign_id).where(
            PartnerToken.token_hash == token_hash, PartnerToken.revoked_at.is_(None)
        )
    ).one_or_none()
    return None if row is None else PartnerIdentity(token_id=row.id, campaign_id=row.campaign_id)


def revoke(session: Session, *, campaign_id: int, token_id: int, by: str, at: dt.datetime) -> None:
    """This will end a token at once; doing it again changes nothing. Raises `NotFound`."""
    found = session.execute(
        select(PartnerToken.revoked_at).where(
            PartnerToken.campaign_id == campaign_id, PartnerToken.id == token_id
        )
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such token.")
    ended = session.execute(
        update(PartnerToken)
        .where(PartnerToken.id == token_id, PartnerToken.revoked_at.is_(None))
        .values(revoked_at=at)
        .returning(PartnerToken.id)
    ).one_or_none()
    if ended is not None:
        journal.write(
            session,
            campaign_id=campaign_id,
            action="partner_token.revoked",
            subject=f"partner_token:{token_id}",
            by=by,
            at=at,
        )
