"""Which network a caller belongs to, and what a device may call itself."""

import pytest
from fastapi.exceptions import RequestValidationError

from services.intake.api.admission import read_device
from shared.networks import network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("36.68.1.2", "36.68.1.2"),
        ("::ffff:36.68.1.2", "36.68.1.2"),
        ("2001:448a:1:2:3:4:5:6", "2001:448a:1:2::/64"),
        ("127.0.0.1", None),
        ("10.1.2.3", None),
        ("172.17.0.3", None),
        ("::1", None),
        ("100.64.1.1", None),
        ("/run/socket", None),
        ("", None),
    ],
)
def test_only_a_public_address_is_a_callers_own(address: str, network: str | None) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize("given", ["short", "x" * 129, "tanda\x00nol-tanda", "perangkat-é-1"])
def test_a_device_that_is_no_plain_word_is_refused(given: str) -> None:
    with pytest.raises(RequestValidationError):
        read_device(given)


def test_a_device_may_stay_away() -> None:
    assert read_device(None) is None
    assert read_device("2f1c8b7e-3c55") == "2f1c8b7e-3c55"
