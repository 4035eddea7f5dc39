"""Generated documents are true, and every setting says what it does."""

import pytest
from pydantic_settings import BaseSettings

from services.all_in_one import settings_of
from shared.contracts.topics import SERVICES
from shared.media.settings import MediaSettings
from shared.messaging.settings import MessagingSettings
from shared.settings import CoreSettings
from tests.architecture.documents import DOCUMENTS, ROOT


@pytest.mark.parametrize("name", DOCUMENTS)
def test_committed_document_is_what_the_code_makes(name: str) -> None:
    assert (ROOT / name).read_text() == DOCUMENTS[name]()


def test_every_setting_is_described() -> None:
    classes: list[type[BaseSettings]] = [
        CoreSettings,
        MessagingSettings,
        MediaSettings,
        *(type(settings_of(name, database_url="unset")) for name in SERVICES),
    ]
    undescribed = [
        f"{each.__name__}.{name}"
        for each in classes
        for name, field in each.model_fields.items()
        if not field.description
    ]
    assert undescribed == []
