"""The company that the examples are of."""

import pytest
from pytest_django.fixtures import Settings


@pytest.fixture
def company(settings: Settings) -> Settings:
    settings.HUB_COMPANY_NAME, settings.HUB_COMPANY_PHONE = "Desert Air", "(480) 555-0100"
    settings.HUB_COMPANY_ADDRESS = "1 Main Street, Mesa, AZ 85201"
    settings.HUB_COMPANY_REVIEW_LINK, settings.HUB_COMPANY_BOOKING_LINK = "https://example.com/review", ""
    settings.HUB_SMS_SEGMENTS, settings.HUB_SMS_SEGMENT_COST = 4, "0.0083"
    return settings
