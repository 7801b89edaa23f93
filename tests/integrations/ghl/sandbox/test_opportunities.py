"""Opportunities, pipelines and custom fields (contract sections 6 and 7)."""

from datetime import timedelta
from typing import Any

import pytest

from integrations.ghl.sandbox import Sandbox
from tests.integrations.ghl.sandbox.caller import Caller
from tests.integrations.ghl.sandbox.contract import undescribed


@pytest.fixture
def ann(caller: Caller) -> str:
    return str(caller.contact(email="ann@example.com", name="Ann Lee")["id"])


def test_pipelines(either: Caller) -> None:
    rows = either("GET", "/opportunities/pipelines", locationId=either.location).json["pipelines"]
    assert [row["name"] for row in rows] == ["Sales", "Install"]
    assert rows[0]["stages"][0]["name"] == "Appointment Scheduled"
    assert len(rows[0]["id"]) == 20


def test_lost_reasons(either: Caller) -> None:
    reply = either("GET", "/opportunities/lost-reason", locationId=either.location, query="price")
    assert (reply.json["total"], reply.json["lostReasons"][0]["name"]) == (1, "Price")


def test_the_location_shows_its_settings(either: Caller) -> None:
    either.switch(allow_duplicate_opportunity=True)
    settings = either("GET", f"/locations/{either.location}").json["location"]["settings"]
    assert (settings["allowDuplicateContact"], settings["allowDuplicateOpportunity"]) == (False, True)
    assert either("GET", "/locations/other").status == 403


def test_custom_fields_are_created_once(either: Caller) -> None:
    id = either.field("ST Estimate Id", "opportunity")
    path = f"/locations/{either.location}/customFields"
    rows = either("GET", path, model="opportunity").json["customFields"]
    assert [(row["id"], row["fieldKey"]) for row in rows] == [(id, "opportunity.st_estimate_id")]
    assert either("GET", path, model="contact").json["customFields"] == []
    body = {"name": "ST Estimate Id", "dataType": "TEXT", "model": "opportunity"}
    assert either("POST", path, body).status == 400
    either.switch(duplicate_field_name_status=201)
    assert either("POST", path, body).status == 201
    assert either("POST", path, {"name": "x", "dataType": "NONSENSE"}).status == 422
    assert either("POST", path, {**body, "options": []}).json["message"] == ["property options should not exist"]
    assert either("GET", f"{path}/{id}").json["customField"]["name"] == "ST Estimate Id"


def test_a_card_is_created_and_read_back(either: Caller, ann: str) -> None:
    field = either.field("st estimate id", "opportunity")
    spelling = "fieldValue" if either.v3 else "field_value"
    made = either.card(ann, monetaryValue=1234.5, customFields=[{"id": field, spelling: "77"}])
    assert made.status == 201
    card = made.json["opportunity"]
    assert card["pipelineStageId"] == either.pipeline()["stages"][0]["id"]
    assert (card["contact"]["name"], card["monetaryValue"], card["status"]) == ("Ann Lee", 1234.5, "open")
    assert card["customFields"] == [{"id": field, "fieldValue": "77"}]
    reply = either("GET", f"/opportunities/{card['id']}")
    assert reply.json["opportunity"] == card
    assert set(undescribed(either.version, "GET", "/opportunities/x", reply)) == {".traceId"}


def test_a_second_card_of_the_contact_is_refused(either: Caller, ann: str) -> None:
    first = either.card(ann).json["opportunity"]["id"]
    refused = either.card(ann, name="Another")
    assert refused.status == 400
    assert refused.json["code"] == "OPPORTUNITY_NO_DUPLICATE"
    assert refused.json["meta"] == {"existingId": first}
    assert either.card(ann, pipelineId=either.pipeline(1)["id"]).status == 201
    either("PUT", f"/opportunities/{first}/status", {"status": "lost"})
    assert either.card(ann).status == 400
    either.switch(duplicate_blocks="open")
    assert either.card(ann).status == 201
    either.switch(allow_duplicate_opportunity=True)
    assert either.card(ann).status == 201


@pytest.mark.parametrize(
    ("values", "status", "message"),
    [
        ({"name": ""}, 422, ["name should not be empty"]),
        ({"status": "all"}, 422, ["status must be one of the following values: open, won, lost, abandoned"]),
        ({"monetaryValue": "12"}, 422, ["monetaryValue must be a number conforming to the specified constraints"]),
        ({"notes": "x"}, 422, ["property notes should not exist"]),
        ({"pipelineId": "x"}, 400, "The pipeline id is invalid."),
        ({"pipelineStageId": "x"}, 400, "The pipeline stage id is invalid."),
        ({"contactId": "x"}, 400, "Contact with id x not found"),
    ],
)
def test_bad_cards(either: Caller, ann: str, values: Any, status: int, message: Any) -> None:
    reply = either.card(ann, **values)
    assert (reply.status, reply.json["message"]) == (status, message)


def test_source_is_accepted_though_undeclared(caller: Caller, ann: str) -> None:
    assert caller.card(ann, source="hub").json["opportunity"]["source"] == "hub"
    caller.switch(opportunity_source=False)
    assert caller.card(ann, source="hub").status == 422


def test_a_card_moves_and_keeps_its_times(app: Sandbox, either: Caller, ann: str) -> None:
    card = either.card(ann).json["opportunity"]
    app.account.clock.advance(timedelta(hours=1))
    stage = either.pipeline()["stages"][2]["id"]
    moved = either("PUT", f"/opportunities/{card['id']}", {"pipelineStageId": stage, "monetaryValue": 5}).json["opportunity"]
    assert (moved["pipelineStageId"], moved["monetaryValue"]) == (stage, 5)
    assert moved["lastStageChangeAt"] == "2026-11-02T16:00:00.000Z"
    assert moved["lastStatusChangeAt"] == card["createdAt"] == "2026-11-02T15:00:00.000Z"
    other = either("PUT", f"/opportunities/{card['id']}", {"pipelineId": either.pipeline(1)["id"]}).json["opportunity"]
    assert other["pipelineStageId"] == either.pipeline(1)["stages"][0]["id"]
    assert either("PUT", f"/opportunities/{card['id']}", {"contactId": ann}).status == 422


def test_status_and_delete(either: Caller, ann: str) -> None:
    path = f"/opportunities/{either.card(ann).json['opportunity']['id']}"
    done = either("PUT", f"{path}/status", {"status": "won"})
    assert done.json["success" if either.v3 else "succeded"] is True
    assert either("GET", path).json["opportunity"]["status"] == "won"
    assert either("DELETE", path).status == 200
    assert either("GET", path).status == 400


FOLLOW = {"followers": ["u1"], "isRemoveAllFollowers": False, "followersActionType": "add"}


def test_upsert_as_it_is_since_may_2026(either: Caller, ann: str) -> None:
    body = {"pipelineId": either.pipeline()["id"], "locationId": either.location}
    assert either("POST", "/opportunities/upsert", body).status == 422
    assert either("POST", "/opportunities/upsert", {**body, **FOLLOW, "contactId": ann}).status == 422
    assert either("POST", "/opportunities/upsert", {**body, **FOLLOW}).status == 400
    id = either.card(ann).json["opportunity"]["id"]
    reply = either("POST", "/opportunities/upsert", {**body, **FOLLOW, "id": id, "name": "Changed"})
    assert (reply.json["new"], reply.json["opportunity"]["id"], reply.json["opportunity"]["name"]) == (False, id, "Changed")
    either.switch(upsert_contact_id=True)
    other = {**body, **FOLLOW, "pipelineId": either.pipeline(1)["id"], "contactId": ann}
    assert either("POST", "/opportunities/upsert", other).json["new"] is True


def test_upsert_as_it_was_before(caller: Caller, ann: str) -> None:
    caller.switch(upsert_edition="2026-04-30")
    body = {"pipelineId": caller.pipeline()["id"], "locationId": caller.location, "contactId": ann, "monetaryValue": 2}
    first, again = (caller("POST", "/opportunities/upsert", body).json for _ in range(2))
    assert (first["new"], again["new"]) == (True, False)
    assert first["opportunity"]["id"] == again["opportunity"]["id"]


def names(caller: Caller) -> dict[str, str]:
    if caller.v3:
        return {"location": "locationId", "contact": "contactId", "pipeline": "pipelineId"}
    return {"location": "location_id", "contact": "contact_id", "pipeline": "pipeline_id"}


def test_search_by_contact(either: Caller, ann: str) -> None:
    field = either.field("st estimate id", "opportunity")
    spelling = "fieldValue" if either.v3 else "field_value"
    card = either.card(ann, customFields=[{"id": field, spelling: "77"}]).json["opportunity"]
    named = names(either)

    def search(**query: str) -> Any:
        return either("GET", "/opportunities/search", **{named["location"]: either.location, **query}).json["opportunities"]

    assert [row["id"] for row in search(**{named["contact"]: ann})] == [card["id"]]
    assert search(**{named["contact"]: ann})[0]["customFields"] == [{"id": field, "type": "string", "fieldValueString": "77"}]
    either.switch(search_custom_fields="documented")
    assert search(id=card["id"])[0]["customFields"] == [{"id": field, "fieldValue": "77"}]
    assert search(**{named["pipeline"]: either.pipeline(1)["id"]}) == search(status="won") == []
    assert len(search(q="ann@example", date="11-02-2026", endDate="11-02-2026")) == 1
    either.switch(search_lag=2)
    assert search(**{named["contact"]: ann}) == []


def test_the_spelling_of_search_parameters_is_enforced(either: Caller) -> None:
    wrong = "location_id" if either.v3 else "locationId"
    right = "locationId" if either.v3 else "location_id"
    reply = either("GET", "/opportunities/search", **{wrong: either.location})
    assert (reply.status, reply.json["message"]) == (422, [f"property {wrong} should not exist", f"{right} must be a string"])


def test_pages_of_cards(either: Caller) -> None:
    made = [either.card(either.contact(email=f"{n}@example.com")["id"]).json["opportunity"]["id"] for n in range(5)]
    location = {names(either)["location"]: either.location}
    first = either("GET", "/opportunities/search", **location, limit=2).json
    assert (first["meta"]["total"], first["meta"]["nextPage"]) == (5, 2)
    second = either("GET", "/opportunities/search", **location, limit=2, startAfterId=first["meta"]["startAfterId"]).json
    third = either("GET", "/opportunities/search", **location, limit=2, page=3, status="open").json
    seen = [row["id"] for page in (first, second, third) for row in page["opportunities"]]
    assert seen == made[::-1]
    details = dict.fromkeys(("notes", "tasks", "calendarEvents", "unReadConversations"), False)
    body = {"locationId": either.location, "query": "", "limit": 3, "page": 2, "searchAfter": [], "additionalDetails": details}
    assert len(either("POST", "/opportunities/search", body).json["opportunities"]) == 2
