"""Technicians and office employees, as the settings module writes them; more in a larger company."""

from typing import Any

from config.sandbox import moments
from config.sandbox.chance import mix, salt
from servicetitan.sandbox.company.calendar import YEARS
from servicetitan.sandbox.company.people import FIRST_NAMES, LAST_NAMES
from servicetitan.sandbox.company.reference import business_unit_id
from servicetitan.sandbox.company.trade import BUSINESS_UNITS

Row = dict[str, Any]
_ROLES = ("CSR", "CSR", "Dispatch", "Accounting", "GeneralOffice", "SalesManager", "Owner")


class Staff:
    def __init__(self, seed: int, customers: int, start: int) -> None:
        self._salt = salt(seed, "staff")
        self._hired = start - (YEARS * 365 + 20) * moments.DAY
        self.technicians = min(60, 6 + customers // 150)
        self.office = min(30, 4 + customers // 400)

    def technician_id(self, luck: int) -> int:
        return 81_003 + 17 * (luck % self.technicians)

    def user_id(self, luck: int) -> int:
        """The user account of an office employee: what createdById fields carry."""
        return 61_007 + 19 * (luck % self.office)

    def name(self, number: int) -> tuple[str, str]:
        luck = mix(self._salt ^ number)
        return FIRST_NAMES[luck % len(FIRST_NAMES)], LAST_NAMES[(luck >> 16) % len(LAST_NAMES)]

    def office_name(self, luck: int) -> str:
        return " ".join(self.name(luck % self.office))

    def technician_rows(self) -> list[Row]:
        return [self._technician(n) for n in range(self.technicians)]

    def employee_rows(self) -> list[Row]:
        return [self._employee(n) for n in range(self.office)]

    def _common(self, number: int, unit: int) -> Row:
        first, last = self.name(number)
        created = self._hired + number * 26 * moments.HOUR
        return {
            "name": f"{first} {last}",
            "firstName": first,
            "lastName": last,
            "businessUnitId": business_unit_id(unit),
            "createdOn": moments.text(created),
            "modifiedOn": moments.text(created + number * 11 * moments.DAY),
            "email": f"staff{number}@example.org" if number % 5 else None,
            "phoneNumber": None,
            "loginName": f"{first[0]}{last}".lower().replace(" ", "").replace("'", ""),
            "aadUserId": None,
            "accountLocked": False,
            "hourlyRate": 24.5 + number % 9,
            "customFields": [],
            "permissions": None,
        }

    def _technician(self, number: int) -> Row:
        return {
            "id": self.technician_id(number),
            "userId": 91_011 + 17 * number,
            **self._common(1_000 + number, number % len(BUSINESS_UNITS)),
            "active": number % 11 != 10,
            "roleIds": [3],
            "mainZoneId": None,
            "zoneIds": [],
            "home": None,
            "dailyGoal": 1800.0,
            "isManagedTech": number % 4 != 0,
            "licenseType": "ManagedTech" if number % 4 else "NonManagedTech",
            "burdenRate": 0.0,
            "team": ("North", "South", None)[number % 3],
            "jobFilter": "AllScheduledDispatchedWorkingToday",
            "commissionRate": 0.0,
            "currentValue": None,
            "jobId": None,
            "mobilePhone": f"6025550{100 + number % 100}",
            "outboundCallerId": None,
            "payrollId": None,
            "payrollProfileId": None,
            "appoitmentId": None,  # the vendor's spelling
            "shiftStart": None,
            "shiftEnd": None,
            "soldByRate": 0.05,
            "startDate": None,
            "status": "Idle",
            "skills": [],
            "positions": ["Service"],
            "location": None,
            "bio": None,
            "memo": None,
        }

    def _employee(self, number: int) -> Row:
        return {
            "id": 71_002 + 23 * number,
            "userId": self.user_id(number),
            **self._common(number, number % len(BUSINESS_UNITS)),
            "managerId": None,
            "role": _ROLES[number % len(_ROLES)],
            "roleIds": [10 + number % len(_ROLES)],
            "active": number % 13 != 12,
            "home": None,
            "agentId": 0,
            "startDate": None,
            "terminationDate": None,
            "overtimeProfileId": None,
        }
