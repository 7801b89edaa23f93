"""The short lists: business units, job types, tag types, custom fields. They do not change.

Fields as in the settings and jpm OpenAPI documents.
"""

from typing import Any

from config.sandbox import moments
from servicetitan.sandbox.company.calendar import YEARS
from servicetitan.sandbox.company.trade import BUSINESS_UNITS, CAMPAIGNS, JOB_TYPES, TAGS

Row = dict[str, Any]

CUSTOMER_FIELDS = (
    ("Gate Code", "Text"),
    ("Preferred Language", "Dropdown"),
    ("Square Feet", "Numeric"),
    ("Access Notes", "Text"),
)
JOB_FIELDS = (("Permit Number", "Text"), ("Lead Source Detail", "Text"))
INVOICE_FIELDS = (("Approval Code", "Text"),)
FIELD_VALUES = {
    "Gate Code": ("#0451", "2580*", "ask office"),
    "Preferred Language": ("English", "Spanish"),
    "Square Feet": ("1450", "2200", "3875"),
    "Access Notes": (
        "Key box on the side gate, code at the office. Dog is friendly.",
        "Ring twice; tenant works nights.",
    ),
    "Permit Number": ("P-22-1043", "B-7781", "not needed"),
    "Lead Source Detail": ("neighbor", "door hanger", "radio"),
    "Approval Code": ("VM-118", "e-mail 4/2"),
}


def business_unit_id(number: int) -> int:
    return 1_204 + 37 * number


def job_type_id(number: int) -> int:
    return 5_301 + 11 * number


def tag_type_id(number: int) -> int:
    return 7_702 + 13 * number


def campaign_id(number: int) -> int:
    return 9_105 + 7 * (number % len(CAMPAIGNS))


def field_id(kind: str, number: int) -> int:
    return {"customer": 3_010, "job": 3_210, "invoice": 3_410}[kind] + number


def _stamps(start: int, number: int, changed: int = 400) -> Row:
    """Set up when the company began to use the product, touched now and then since."""
    created = start - (YEARS * 365 + 30) * moments.DAY + number * 61 * moments.MINUTE
    return {
        "createdOn": moments.text(created),
        "modifiedOn": moments.text(created + number * changed * moments.HOUR),
    }


def business_units(start: int) -> list[Row]:
    return [_business_unit(start, n, *unit) for n, unit in enumerate(BUSINESS_UNITS)]


def _business_unit(start: int, number: int, name: str, trade: str) -> Row:
    return {
        "id": business_unit_id(number),
        "active": True,
        "name": name,
        "officialName": f"Saguaro Home Services - {name}",
        "email": f"office{number}@example.com",
        "currency": "USD",
        "phoneNumber": f"6025550{100 + number}",
        "invoiceHeader": "<b>Saguaro Home Services</b>",
        "invoiceMessage": "<p>Thank you for your business!</p>" if number % 2 else None,
        "defaultTaxRate": 0.086,
        "authorizationParagraph": "<p>I authorize the work described above.</p>",
        "acknowledgementParagraph": "<p>I find and agree that all work has been completed.</p>",
        "address": _office(),
        "materialSku": None,
        "quickbooksClass": trade,
        "accountCode": None,
        "franchiseId": None,
        "conceptCode": None,
        "corporateContractNumber": None,
        "trade": {"id": 40 + len(trade), "name": trade},
        "division": None,
        "tagTypeIds": [],
        "tenant": None,
        **_stamps(start, number),
        "externalData": None,
        "certifiedSentriconSpecialistCode": None,
    }


def _office() -> Row:
    return {
        "street": "100 W Example Way",
        "unit": "Suite 200",
        "city": "Phoenix",
        "state": "AZ",
        "zip": "85001",
        "country": "USA",
        "latitude": 33.45,
        "longitude": -112.07,
        "isManualCoordinates": False,
        "isMilitary": False,
    }


def job_types(start: int) -> list[Row]:
    return [
        {
            "id": job_type_id(n),
            "name": kind.name,
            "businessUnitIds": [business_unit_id(kind.unit)],
            "skills": [BUSINESS_UNITS[kind.unit][1]],
            "tagTypeIds": [],
            "priority": kind.priority,
            "duration": kind.hours * 3600,
            "soldThreshold": None if n % 3 else 250.0,
            "class": "Service" if kind.hours < 3 else "Install",
            "summary": f"{kind.name}\nConfirm phone number and access.",
            "noCharge": False,
            "enforceRecurringServiceEventSelection": False,
            "invoiceSignaturesRequired": True,
            **_stamps(start, n, 90),
            "externalData": [],
            "active": n != len(JOB_TYPES) - 4,
            "isSmartDispatched": n % 2 == 0,
            "defaultEstimateSoldAction": "None",
            "customFieldTypeIds": [field_id("job", 0)],
        }
        for n, kind in enumerate(JOB_TYPES)
    ]


def tag_types(start: int) -> list[Row]:
    return [
        {
            "id": tag_type_id(n),
            "name": name,
            "color": color,
            "code": code,
            "importance": ("Medium", "High", None)[n % 3],
            "isConversionOpportunity": name in {"Sales Lead", "Second Opinion"},
            "allowToUseOnTimesheetActivity": False,
            "isVisibleOnDispatchBoard": n % 2 == 0,
            "active": n != len(TAGS) - 2,
            **_stamps(start, n, 200),
        }
        for n, (name, color, code) in enumerate(TAGS)
    ]


def custom_fields(start: int, kind: str, fields: tuple[tuple[str, str], ...]) -> list[Row]:
    return [
        {
            "id": field_id(kind, n),
            "name": name,
            "dataType": data_type,
            "dataTypeOptions": list(FIELD_VALUES[name]) if data_type == "Dropdown" else None,
            **_stamps(start, n),
        }
        for n, (name, data_type) in enumerate(fields)
    ]
