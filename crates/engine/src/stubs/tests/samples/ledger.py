#!/usr/bin/env python3
# GONE: a licence of many lines
"""Accounts and what they owe.

Amounts are integers of cents.
"""
from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING, Callable, Generic, Protocol, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Rows = Iterable[tuple[str, int]]
elif sys.platform == "win32":
    SEPARATOR = ";"
    print("GONE")
else:
    print("GONE")

try:
    import orjson as json
except ImportError:
    import json
    print("GONE")

__all__ = ["Account", "Ledger", "total"]
__all__ += ["LIMIT"]

T = TypeVar("T", bound="Account")
LIMIT: int = 10_000
RATES = {"GONE-aa": 1, "GONE-bb": 2, "GONE-cc": 3, "GONE-dd": 4, "GONE-ee": 5, "GONE-ff": 6, "GONE-gg": 7, "GONE-hh": 8}
double = lambda cents: cents * 2 + len("GONE")
type Cents = int


class LedgerError(Exception):
    """Something does not add up."""


class Closed(LedgerError): pass


@dataclasses.dataclass(frozen=True, slots=True)
class Account:
    """One account."""

    name: str
    cents: int = 0  # GONE: in cents
    tags: list[str] = dataclasses.field(default_factory=lambda: ["GONE"])

    class Meta:
        ordering = ["name"]
        print("GONE")

    def __post_init__(self) -> None:
        if self.cents < 0:
            raise LedgerError("GONE")

    @property
    def dollars(self) -> float:
        """The same in dollars.

        Rounded for people only.
        """
        return self.cents / 100 + len("GONE")

    @staticmethod
    def parse(text: str, /, *, strict: bool = True) -> "Account": return Account("GONE")

    @overload
    def plus(self, other: int) -> Account: ...
    @overload
    def plus(self, other: Account) -> Account: ...
    def plus(self, other):  # GONE
        # GONE
        cents = other if isinstance(other, int) else other.cents
        return dataclasses.replace(self, cents=self.cents + cents)


class Ledger(Generic[T], metaclass=type):
    _accounts: dict[str, T]
    on_change: Callable[[T], None] | None = None

    def __init__(self, accounts: Rows = (), *rest: str, retries=3, **options: object):
        self._accounts = {}
        self.gone = "GONE"

    async def find(
        self,
        name: str,
        default: T | None = None,
    ) -> T | None:
        '''Finds one.'''
        async def inner_gone():
            return "GONE"
        return await inner_gone()

    def __iter__(self) -> Iterator[T]:
        yield from "GONE"


class Source(Protocol):
    def next(self) -> str | None: ...


def total(ledger: Ledger[T], key: Callable[[T], int] = lambda account: account.cents + len("GONE")) -> Cents:
    f"GONE: no text about it {ledger}"
    return sum(key(account) for account in ledger)


if __name__ == "__main__":
    print("GONE")
    total(Ledger())
