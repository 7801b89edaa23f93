"""Who a token belongs to. The shapes are those of the identity URL and of OpenID Connect (A)."""

from typing import Any

from salesforce.sandbox.org.org import Org
from salesforce.sandbox.org.records import State

_LINKS = {
    "rest": "/services/data/v{version}/",
    "sobjects": "/services/data/v{version}/sobjects/",
    "query": "/services/data/v{version}/query/",
    "search": "/services/data/v{version}/search/",
    "recent": "/services/data/v{version}/recent/",
}


def _user(org: Org) -> State:
    record = org.tables["User"].get(org.credentials.user_id)
    assert record is not None  # made on the org's first day
    return record.state


def _links(base: str, id: str) -> dict[str, str]:
    return {**{name: base + path for name, path in _LINKS.items()}, "profile": f"{base}/{id}", "custom_domain": base}


def identity(org: Org, base: str) -> dict[str, Any]:
    who, user = org.credentials, _user(org)
    return {
        "id": f"{base}/id/{who.org_id}/{who.user_id}",
        "asserted_user": True,
        "user_id": who.user_id,
        "organization_id": who.org_id,
        "username": user["Username"],
        "nick_name": user["Username"].partition("@")[0],
        "display_name": user["Name"],
        "email": user["Email"],
        "email_verified": True,
        "first_name": user["FirstName"],
        "last_name": user["LastName"],
        "timezone": "America/Detroit",
        "urls": _links(base, who.user_id),
        "active": bool(user["IsActive"]),
        "user_type": "STANDARD",
        "language": "en_US",
        "locale": "en_US",
        "utcOffset": -18_000_000,
        "last_modified_date": user["LastModifiedDate"],
    }


def userinfo(org: Org, base: str) -> dict[str, Any]:
    who, user = org.credentials, _user(org)
    return {
        "sub": f"{base}/id/{who.org_id}/{who.user_id}",
        "user_id": who.user_id,
        "organization_id": who.org_id,
        "preferred_username": user["Username"],
        "nickname": user["Username"].partition("@")[0],
        "name": user["Name"],
        "email": user["Email"],
        "email_verified": True,
        "given_name": user["FirstName"],
        "family_name": user["LastName"],
        "zoneinfo": "America/Detroit",
        "urls": _links(base, who.user_id),
        "active": bool(user["IsActive"]),
        "user_type": "STANDARD",
        "language": "en_US",
        "locale": "en_US",
        "utcOffset": -18_000_000,
        "updated_at": user["LastModifiedDate"],
    }
