"""Invented traders and products for a catalogue of any size: the same ones in each run.

Words are as frequent as in a real shop: a few kinds of goods that very many sell, and a long tail.
"""

import random
import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Any, Final

from services.marketplace.profile import MarketplaceProfile

_GOODS: Final = re.findall(
    "[a-z]+",
    "keripik sambal kopi teh batik tas kue roti nasi ayam ikan bakso mie tahu tempe madu gula jahe "
    "kunyit bawang cabai beras jagung singkong pisang mangga jeruk durian kelapa santan rempah "
    "abon dendeng rendang sate soto gado rujak serabi lumpia pempek dodol wajik lapis bolu nastar "
    "kastengel emping rengginang kerupuk peyek manisan sirup wedang dawet cendol bandrek kemeja "
    "kebaya sarung selendang tenun songket kerudung mukena gamis kaos celana rok sandal sepatu "
    "dompet ikat topi bros gelang kalung cincin ukiran anyaman gerabah keramik lampu meja kursi "
    "lemari bingkai lukisan wayang topeng angklung jasa jahit cukur servis sablon cetak rias",
)
_QUALITIES: Final = re.findall(
    "[a-z]+",
    "pedas manis asin gurih renyah segar asli murni khas rumahan premium kecil besar hitam merah "
    "putih hijau biru kuning original balado keju coklat vanila pandan durian organik kering basah "
    "halus kasar tradisional modern tulis cap bordir katun sutra kulit rotan bambu jati",
)
_SYLLABLES: Final = re.findall("..", "bacedagahujakalamanapurasatiwayo")
_RARE_EVERY: Final = 10
_RARE_WORDS: Final = 30_000
_PER_TRADER: Final = 12


class CatalogueRows:
    """Makes rows of traders and of products with one approved version each."""

    def __init__(self, profile: MarketplaceProfile, seed: int = 1) -> None:
        """Take kinds and villages from the profile."""
        self._chance = random.Random(seed)  # noqa: S311 - the same in each run
        self._words = [*_GOODS, *_QUALITIES]
        weights = [1 / (rank + 2) for rank in range(len(_GOODS))]
        weights += [1 / (rank + 2) for rank in range(len(_QUALITIES))]
        self._cumulative = list(accumulate(weights))
        self._categories = [each.code for each in profile.categories]
        self._villages = [each.code for each in profile.place.villages]
        self._bounds = profile.place.bounds

    def traders(self, products: int) -> Iterator[dict[str, Any]]:
        """Yield as many traders as so many products need."""
        for number in range(-(-products // _PER_TRADER)):
            bounds = self._bounds
            yield {
                "number": number,
                "name": f"Usaha {' '.join(self.terms(2)).title()}",
                "village": self._villages[int(self._chance.random() ** 2 * len(self._villages))],
                "lat": self._chance.uniform(bounds.south, bounds.north),
                "lon": self._chance.uniform(bounds.west, bounds.east),
            }

    def products(self, count: int) -> Iterator[dict[str, Any]]:
        """Yield so many products, `_PER_TRADER` of each trader."""
        for number in range(count):
            kind = int(self._chance.random() ** 1.5 * len(self._categories))
            yield {
                "number": number,
                "trader": number // _PER_TRADER,
                "name": " ".join(self.terms(self._chance.randint(2, 5))).capitalize(),
                "description": " ".join(self.terms(self._chance.randint(10, 40))),
                "price": 500 * int(2 + 2000 * self._chance.random() ** 3),
                "category": self._categories[kind],
            }

    def terms(self, count: int) -> list[str]:
        """Draw words, the frequent ones as often as they are written."""
        drawn = self._chance.choices(self._words, cum_weights=self._cumulative, k=count)
        return [self._rare() if self._chance.random() < 1 / _RARE_EVERY else each for each in drawn]

    def _rare(self) -> str:
        number = int(self._chance.random() ** 3 * _RARE_WORDS)
        word = ""
        for _ in range(4):
            number, syllable = divmod(number, len(_SYLLABLES))
            word += _SYLLABLES[syllable]
        return word


#: Writes a trader, by the names of `traders`; the identity is nobody's.
INSERT_TRADER: Final = """
    INSERT INTO trader (trader_id, state, state_since, version, key_id, name, size, size_basis,
                        village, lat, lon, consent_version, consented_at, registered_at)
    VALUES (CAST(lpad(to_hex(CAST(:number AS bigint)), 32, '0') AS uuid), 'active', now(), 1, '',
            :name, 'mikro', 'capital', :village, :lat, :lon, '', now(), now())
    """
#: Writes a product and its approved version, by the names of `products`.
INSERT_PRODUCT: Final = """
    WITH made AS (
        INSERT INTO product (product_id, trader_id, state, version, latest_revision,
                             approved_revision, stock, created_at, updated_at, approved_at)
        VALUES (CAST(lpad(to_hex(CAST(:number AS bigint) + 4294967296), 32, '0') AS uuid),
                CAST(lpad(to_hex(CAST(:trader AS bigint)), 32, '0') AS uuid), 'approved', 1, 1, 1,
                'available', now(), now(),
                timestamptz '2026-03-01' - make_interval(mins => CAST(:number AS int)))
        RETURNING product_id
    )
    INSERT INTO product_revision (product_id, revision, state, name, description, price, unit,
                                  category, written_at)
    SELECT product_id, 1, 'approved', :name, :description, :price, 'buah', :category, now()
    FROM made
    """
