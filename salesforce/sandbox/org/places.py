"""State and country picklists, for orgs that have them: names and codes (contract section 9)."""

from collections.abc import Iterable

from salesforce.sandbox.org.fields import Field, entry, made

COUNTRIES = {"US": "United States", "CA": "Canada", "MX": "Mexico"}
_STATES = """
AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware
DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|KY Kentucky
LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana
NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|NC North Carolina|ND North Dakota
OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas
UT Utah|VT Vermont|VA Virginia|WA Washington|WV West Virginia|WI Wisconsin|WY Wyoming
"""
STATES = {row[:2]: row[3:] for line in _STATES.split("\n") for row in line.split("|") if row}
ADDRESSES = {"Contact": ("Mailing", "Other"), "Account": ("Billing", "Shipping")}


def code_fields(sobject: str) -> Iterable[Field]:
    """The fields an org gets when its admin turns the picklists on."""
    for address in ADDRESSES.get(sobject, ()):
        for part, values in (("State", STATES), ("Country", COUNTRIES)):
            entries = [entry(code, name) for code, name in values.items()]
            label = f"{address} {part} Code"
            shown = {"label": label, "length": 10, "picklistValues": entries, "restrictedPicklist": True}
            yield made(f"{address}{part}Code", "picklist", **shown)


def wrong_place(sobject: str, state: dict[str, object]) -> tuple[str, str] | None:
    """(field, why) of the first state or country that an org with picklists does not take."""
    for address in ADDRESSES.get(sobject, ()):
        country, region = state.get(f"{address}Country"), state.get(f"{address}State")
        if country and country not in COUNTRIES.values():
            return f"{address}Country", _sentence("country", country)
        if region and not country and not state.get(f"{address}CountryCode"):
            return f"{address}State", "A country must be specified before specifying a state value"
        if region and region not in STATES.values():
            return f"{address}State", _sentence("state", region)
    return None


def _sentence(what: str, value: object) -> str:
    many = {"state": "states", "country": "countries"}[what]
    return (
        f"There's a problem with this {what}, even though it may appear correct. "
        f"Please select a {what} from the list of valid {many}: {value}"
    )
