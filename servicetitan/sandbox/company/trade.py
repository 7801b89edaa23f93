"""What a plumbing, heating and electrical company sells and writes (tables only)."""

from typing import NamedTuple


class JobType(NamedTuple):
    name: str
    unit: int  # position in BUSINESS_UNITS
    priority: str
    hours: int
    trade: int  # position in SKUS


class Sku(NamedTuple):
    name: str
    display: str
    kind: str
    cents: int
    cost_percent: int
    quarter_hours: int


BUSINESS_UNITS = (
    ("Plumbing - Service", "Plumbing"),
    ("Plumbing - Install", "Plumbing"),
    ("HVAC - Service", "HVAC"),
    ("HVAC - Install", "HVAC"),
    ("HVAC - Maintenance", "HVAC"),
    ("Electrical - Service", "Electrical"),
    ("Drain & Sewer", "Plumbing"),
    ("Commercial", "HVAC"),
)

JOB_TYPES = (
    JobType("Water Heater Repair", 0, "High", 2, 0),
    JobType("Water Heater Install", 1, "Normal", 4, 0),
    JobType("Leak Repair", 0, "Urgent", 2, 0),
    JobType("Toilet Repair", 0, "Normal", 1, 0),
    JobType("Faucet Replacement", 0, "Low", 1, 0),
    JobType("Repipe Estimate", 1, "Normal", 1, 0),
    JobType("Water Softener Install", 1, "Normal", 3, 0),
    JobType("Gas Line Repair", 0, "Urgent", 3, 0),
    JobType("AC No Cool", 2, "Urgent", 2, 1),
    JobType("Furnace No Heat", 2, "Urgent", 2, 1),
    JobType("AC Tune-Up", 4, "Normal", 1, 1),
    JobType("Furnace Tune-Up", 4, "Normal", 1, 1),
    JobType("System Replacement", 3, "Normal", 8, 1),
    JobType("HVAC Estimate", 3, "High", 2, 1),
    JobType("Duct Cleaning", 4, "Low", 3, 1),
    JobType("Thermostat Install", 2, "Low", 1, 1),
    JobType("Panel Upgrade", 5, "Normal", 6, 2),
    JobType("Outlet / Switch Repair", 5, "Normal", 1, 2),
    JobType("EV Charger Install", 5, "Normal", 4, 2),
    JobType("Generator Service", 5, "High", 3, 2),
    JobType("Main Line Stoppage", 6, "Urgent", 2, 3),
    JobType("Drain Cleaning", 6, "High", 1, 3),
    JobType("Camera Inspection", 6, "Normal", 1, 3),
    JobType("Rooftop Unit Service", 7, "Normal", 4, 1),
)

_SKUS = """
DISP-PL|Diagnostic fee, plumbing|Service|8900|10|2
WH-FLUSH|Water heater flush and safety check|Service|18900|20|4
WH-TANK50|50 gallon gas water heater|Equipment|189500|55|16
WH-TLESS|Tankless water heater 199k BTU|Equipment|389500|52|28
PRV-34|Pressure reducing valve 3/4 in|Material|38900|40|6
TOIL-REB|Toilet rebuild kit, installed|Service|24900|25|4
FAUC-KIT|Kitchen faucet, installed|Material|42900|45|5
SOFT-48|Water softener 48k grain|Equipment|269500|50|16
SEN-8M|Senior discount|PriceModifier|-2500|0|0
#
DISP-HV|Diagnostic fee, heating and cooling|Service|9900|10|2
TUNE-AC|AC tune-up, 21 points|Service|12900|20|5
CAP-45|Dual run capacitor 45/5|Material|28900|15|2
R410-LB|Refrigerant R-410A per pound|Material|11900|35|1
BLW-MOT|Blower motor, installed|Material|89500|40|10
SYS-3T14|3 ton 14.3 SEER2 split system|Equipment|989500|48|48
SYS-4T16|4 ton 16 SEER2 heat pump|Equipment|1289500|48|56
TSTAT-W|Wi-Fi thermostat|Material|38900|42|4
FILT-4IN|4 inch media filter|Material|8900|35|1
#
DISP-EL|Diagnostic fee, electrical|Service|9900|10|2
PANEL-200|200 A main panel|Equipment|389500|45|32
BRK-AFCI|AFCI breaker, installed|Material|18900|40|2
OUT-GFCI|GFCI outlet, installed|Material|15900|20|2
EV-L2|Level 2 EV charger circuit|Service|149500|38|20
GEN-SVC|Standby generator service|Service|34900|25|8
SURGE-WH|Whole house surge protector|Material|44900|35|4
#
DISP-DR|Drain diagnostic fee|Service|8900|10|2
SNAKE-ML|Main line cleaning with cable|Service|29900|15|6
HYDRO-JET|Hydro jetting|Service|79500|20|12
CAM-INSP|Sewer camera inspection|Service|24900|15|4
CLEANOUT|Two-way cleanout, installed|Service|249500|35|32
ENZ-QT|Bio-clean treatment|Material|5900|30|1
"""


def _sku(line: str) -> Sku:
    name, display, kind, cents, percent, quarters = line.split("|")
    return Sku(name, display, kind, int(cents), int(percent), int(quarters))


# One list a trade, the diagnostic fee first.
SKUS: tuple[tuple[Sku, ...], ...] = tuple(
    tuple(_sku(line) for line in part.strip().splitlines()) for part in _SKUS.split("#")
)
ALL_SKUS: tuple[Sku, ...] = tuple(sku for part in SKUS for sku in part)
FIRST_OF_TRADE = tuple(sum(len(part) for part in SKUS[:n]) for n in range(len(SKUS)))

ACCOUNTS = {
    "Service": ("Service Revenue", "40100", "Income", "SalesOfProductIncome"),
    "Material": ("Material Revenue", "40200", "Income", "SalesOfProductIncome"),
    "Equipment": ("Equipment Revenue", "40300", "Income", "SalesOfProductIncome"),
    "PriceModifier": ("Discounts Given", "49000", "Income", "DiscountsRefundsGiven"),
}
COST_ACCOUNT = ("Cost of Goods Sold", "50100", "CostOfGoodsSold", "SuppliesMaterialsCogs")

TAGS = (
    ("Do Not Call", "#D9363E", "DNC"),
    ("Member", "#2F7D32", "MEM"),
    ("VIP", "#7B3FA0", "VIP"),
    ("Warranty", "#1565C0", "WTY"),
    ("Financing", "#F29F05", "FIN"),
    ("Sales Lead", "#0B8A8F", "LEAD"),
    ("Second Opinion", "#5D4037", "2ND"),
    ("Permit Needed", "#455A64", "PRM"),
    ("Parts On Order", "#FF6F00", "PTS"),
    ("Callback", "#B71C1C", "CB"),
    ("New Construction", "#6D4C41", "NEW"),
    ("Equipment 10+ Years", "#9E9D24", "OLD"),
)

SUMMARIES = (
    "<p>Customer reports {what} since yesterday evening. Please call on the way; "
    "<b>gate code at the office</b>.</p>",
    "<p>{what}. Unit is in the attic, pull-down stairs in the hallway. Dogs in the yard.</p>"
    "<p>Wants options if repair is above half the price of a replacement.</p>"
    "<p>Last technician noted corrosion at the shutoff.</p>",
    "<p>Booked online: {what}. First-time customer, found us through a neighbor.</p>",
    "<p>{what}; tenant on site, owner approves anything above the diagnostic fee by phone.</p>",
    "<p>Member visit: {what}. Check filter size &amp; note model and serial numbers.</p>",
)

NOTES = (
    "<p>Booked by phone. Read back: name, address, best number. Told the customer about the diagnostic fee "
    "and the two-hour arrival window; text when the technician is on the way.</p>"
    "<p>Last visit: no open items.</p>",
    "<p>Online booking, confirmed by e-mail. Customer asks for an early slot and would like to see financing "
    "options if the equipment has to be replaced. Photos of the data plate are attached to the location.</p>",
)

INSTRUCTIONS = (
    "Call 30 minutes before arrival.\nUse side gate, please close it.",
    "Park on the street, not in the driveway.",
    "Elderly customer, speak up.\nSmall dog, friendly.",
)

DESCRIPTIONS = (
    "<p>{display}. Includes labor, all fittings and removal of the old part.</p>"
    "<ul><li>Licensed and insured</li><li>One year labor warranty</li></ul>",
    "<p>{display}.</p><p>Work area left clean; permit, where one is required, is billed separately.</p>",
)

CAMPAIGNS = ("Google Local Services", "Repeat Customer", "Referral", "Yard Sign", "Direct Mail", "Website")
HOLD, CANCELED = "Hold", "Canceled"
