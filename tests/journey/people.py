"""Invented people, and the many ways in which they write what names them."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_SEPARATORS = re.compile(r"(?<=\d)[\W_]+(?=\d)")


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist: a number that nobody has, a region code that no province has."""

    name: str
    mobile: str
    """Without country code and leading zero, as 812..."""
    nik: str
    email: str

    def phones(self) -> list[str]:
        """Return the mobile number as people spell it."""
        first, middle, last = self.mobile[:3], self.mobile[3:7], self.mobile[7:]
        return [
            f"0{self.mobile}",
            f"0{first}-{middle}-{last}",
            f"0{first} {middle} {last}",
            f"+62 {first}-{middle}-{last}",
            f"+62{self.mobile}",
            f"62{self.mobile}",
            f"(0{first}) {middle}.{last}",
            f"+62 ({first}) {middle} {last}",
            f"0{first}\u2013{middle}\u2013{last}",
            f"0{self.mobile}".translate({ord("0") + n: 0xFF10 + n for n in range(10)}),
            f"0{first}\u200b{middle}\u200b{last}",
        ]

    def niks(self) -> list[str]:
        """Return the NIK as people spell it."""
        groups = [self.nik[start : start + 4] for start in range(0, 16, 4)]
        return [self.nik, " ".join(groups), ".".join(groups), "-".join(groups)]

    def names(self) -> list[str]:
        """Return the name as people write it of themselves."""
        return [self.name, self.name.upper(), self.name.lower(), "\n".join(self.name.split())]

    def emails(self) -> list[str]:
        """Return the address as people write it."""
        return [self.email, self.email.upper(), f"<{self.email}>", f"mailto:{self.email}"]

    def oddities(self) -> Iterator[str]:
        """Yield spellings that nothing but knowing the person's fields can find."""
        first, middle, last = self.mobile[:3], self.mobile[3:7], self.mobile[7:]
        for sign in ("\n", ", ", ":", "*", " \u00b7 ", "\u2212", "  - "):
            yield f"Nomor saya 0{sign.join((first, middle, last))} ya,"
            yield f"NIK {sign.join((self.nik[:6], self.nik[6:12], self.nik[12:]))} begitu;"
        words = self.name.split()
        yield f"#{''.join(words)}"
        yield f"@{'_'.join(words)}"

    def sentences(self) -> Iterator[str]:
        """Yield sentences that give the person away, in every spelling."""
        for phone in self.phones():
            yield f"Hubungi saya di {phone} ya, terima kasih."
            yield f"WA:{phone}."
        for nik in self.niks():
            yield f"NIK saya {nik}, sesuai KTP."
        for name in self.names():
            yield f"Saya {name}, warga sini."
        for email in self.emails():
            yield f"Surel {email}, mohon dibalas."

    def needles(self) -> set[str]:
        """Return what `plain` text must not hold: words in small letters, numbers as digits."""
        words = {word for word in self.name.casefold().split() if len(word) >= 4}
        numbers = {self.mobile[-8:], self.nik, self.nik[-10:]}
        return {self.name.casefold(), *words, *numbers, self.email.casefold()}


def plain(text: str) -> str:
    """Write text so that no spelling hides a value: small letters, numbers without separators."""
    visible = "".join(c for c in text if unicodedata.category(c) != "Cf")
    folded = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", visible).casefold())
    return _SEPARATORS.sub("", folded)
