"""The ground of all tables: naming of constraints, and the few column types that recur."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any, ClassVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    Identity,
    LargeBinary,
    MetaData,
    Text,
    TypeDecorator,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

from postcards.rules.kept_words import kept, read_again

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Moment = dt.datetime
#: Sealed by the vault: nonce, ciphertext, tag.
Sealed = Annotated[bytes, "sealed"]
#: A 32-byte hash or keyed mark.
Mark = Annotated[bytes, "mark"]
Json = dict[str, Any]
BigKey = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]


class Sentence(TypeDecorator[str]):
    """A sentence for people, kept with its parts, so that each reader hears it in their own language."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _: Dialect) -> str | None:
        """This will keep it."""
        return None if value is None else kept(value)

    def process_result_value(self, value: str | None, _: Dialect) -> str | None:
        """This will read it again."""
        return None if value is None else read_again(value)


class Base(DeclarativeBase):
    """All our tables."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        dt.datetime: DateTime(timezone=True),
        str: Text(),
        bytes: LargeBinary(),
        Sealed: LargeBinary(),
        Mark: LargeBinary(),
        uuid.UUID: Uuid(),
        Json: JSONB(),
    }


def one_of(column: str, values: tuple[str, ...], *, name: str | None = None) -> CheckConstraint:
    """This will make the constraint that `column` holds one of `values`."""
    quoted = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(text(f"{column} IN ({quoted})"), name=name or column)
