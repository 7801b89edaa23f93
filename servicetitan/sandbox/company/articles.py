"""The part of estimate and invoice items that depends on the article alone, worked out once.

Rows copy these; the small objects inside them (accounts, sku) are shared and to be read only.
"""

from functools import lru_cache
from typing import Any

from servicetitan.sandbox.company.money import Line
from servicetitan.sandbox.company.reference import business_unit_id
from servicetitan.sandbox.company.trade import ACCOUNTS, ALL_SKUS, BUSINESS_UNITS, COST_ACCOUNT, DESCRIPTIONS

Row = dict[str, Any]


# Nothing in this company uses these fields of an invoice item.
_ALWAYS: Row = {
    "budgetCodeId": None,
    "isChargeable": True,
    "assetAccount": None,
    "membershipTypeId": 0,
    "itemGroup": None,
    "displayInAmount": None,
    "importId": None,
    "exportId": None,
    "inventoryStatus": None,
    "addOn": False,
    "memberPrice": "0.00",
    "installedEquipmentId": None,
}


def money(cents: int) -> str:
    return f"-{money(-cents)}" if cents < 0 else f"{cents // 100}.{cents % 100:02d}"


def sku_id(sku: int) -> int:
    return 14_005 + 29 * sku


def _account(account: tuple[str, str, str, str]) -> Row:
    name, number, kind, detail = account
    return {"id": _account_id(number), "name": name, "number": number, "type": kind, "detailType": detail}


def _account_id(number: str) -> int:
    return 500 + int(number) // 100


@lru_cache(2_048)
def invoice_article(line: Line, unit: int) -> Row:
    """An invoice item without the values that come from its invoice."""
    sku = ALL_SKUS[line.sku]
    cost = line.cents * sku.cost_percent // 100
    stocked = sku.kind in {"Material", "Equipment"}
    return {
        **_ALWAYS,
        "description": DESCRIPTIONS[line.sku & 1].format(display=sku.display),
        # Quantities and costs carry 19 and 10 fraction digits on the wire (section 3.7).
        "quantity": f"{line.quantity}.0000000000000000000",
        "cost": f"{money(cost)}00000000",
        "totalCost": money(cost * line.quantity),
        "inventoryLocationId": 602 if stocked else None,
        "inventoryLocation": "Warehouse" if stocked else None,
        "price": money(line.cents),
        "type": sku.kind,
        "skuName": sku.name,
        "skuId": sku_id(line.sku),
        "total": money(line.total),
        "inventory": stocked,
        "taxable": sku.kind != "PriceModifier",
        "generalLedgerAccount": _account(ACCOUNTS[sku.kind]),
        "costOfSaleAccount": _account(COST_ACCOUNT) if stocked else None,
        "displayName": sku.display,
        "soldHours": sku.quarter_hours / 4,
        "businessUnit": {"id": business_unit_id(unit), "name": BUSINESS_UNITS[unit][0]},
    }


@lru_cache(2_048)
def estimate_article(line: Line, priced: str) -> Row:
    """The same for an estimate item; `priced` is when the price book last changed."""
    sku = ALL_SKUS[line.sku]
    cost = line.cents * sku.cost_percent // 100
    account, number = ACCOUNTS[sku.kind][:2]
    return {
        "sku": {
            "id": sku_id(line.sku),
            "name": sku.name,
            "displayName": sku.display,
            "type": sku.kind,
            "soldHours": sku.quarter_hours / 4,
            "generalLedgerAccountId": _account_id(number),
            "generalLedgerAccountName": account,
            "modifiedOn": priced,
        },
        "skuAccount": f"{number} {account}",
        "description": DESCRIPTIONS[line.sku & 1].format(display=sku.display),
        "membershipTypeId": None,
        "qty": float(line.quantity),
        "unitRate": line.cents / 100,
        "total": line.total / 100,
        "unitCost": cost / 100,
        "totalCost": cost * line.quantity / 100,
        "itemGroupName": "",
        "itemGroupRootId": None,
        "chargeable": None if sku.kind == "PriceModifier" else True,
        "budgetCodeId": None,
    }
