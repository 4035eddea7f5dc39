"""Marketplace's own vault: its key opens nothing of intake's, and intake's nothing of its own."""

import os
from base64 import b64encode

from pydantic import SecretStr

from services.marketplace.settings import MarketplaceSettings
from shared.keeping import write_once
from shared.vault import Vault, open_vault


def open_own_vault(settings: MarketplaceSettings) -> Vault:
    """Make the vault from the setting, or from a key below the home, made if missing.

    Raises MasterKeyInvalid.
    """
    key = settings.master_key
    if key is None:
        path = settings.core.home / "keys" / "marketplace.key"
        kept = write_once(path, lambda: b64encode(os.urandom(32)))
        key = SecretStr(kept.decode("ascii", "replace"))
    return open_vault(settings.core.model_copy(update={"master_key": key}))
