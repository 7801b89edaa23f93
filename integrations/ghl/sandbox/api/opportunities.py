"""Opportunities and pipelines (contract section 7)."""

from typing import Any

from config.sandbox.http import Answer
from integrations.ghl.sandbox.api import opportunity_bodies as bodies
from integrations.ghl.sandbox.api import render, shapes
from integrations.ghl.sandbox.api.call import Call
from integrations.ghl.sandbox.api.errors import Refusal, traced
from integrations.ghl.sandbox.api.shapes import Field
from integrations.ghl.sandbox.store.records import State

_PIPELINES = {"locationId": Field(shapes.text, required=True)}
_REASONS = _PIPELINES | {
    name: Field(shapes.text) for name in ("name", "deleted", "query", "skip", "limit", "getCount")
}


def find(call: Call) -> State:
    state = call.account.opportunities.records.get(call.ids[0])
    if state is None:
        raise call.missing("Opportunity", call.ids[0])
    return state


def _one(call: Call, state: State, status: int = 200, **more: Any) -> Answer:
    return traced({"opportunity": render.opportunity(call.account, state), **more}, status)


def _placed(call: Call, values: State, old: State | None = None) -> State:
    """The pipeline exists and the stage is one of its own; without a stage, the first (A)."""
    pipeline = call.account.pipelines.get(values.get("pipelineId") or (old or {}).get("pipelineId", ""))
    if pipeline is None:
        raise Refusal(400, "The pipeline id is invalid.")
    stages = [stage["id"] for stage in pipeline["stages"]]
    stage = values.get("pipelineStageId")
    if stage is not None and stage not in stages:
        raise Refusal(400, "The pipeline stage id is invalid.")
    if stage is None and (old is None or old["pipelineId"] != pipeline["id"]):
        values["pipelineStageId"] = stages[0]
    return values


def _check_alone(call: Call, contact: str, pipeline: str) -> None:
    if call.switches.allow_duplicate_opportunity:
        return
    only_open = call.switches.duplicate_blocks == "open"
    rival = call.account.opportunities.rival(contact, pipeline, only_open=only_open)
    if rival is not None:
        raise Refusal(
            400,
            "Can not create duplicate opportunity for the contact.",
            code="OPPORTUNITY_NO_DUPLICATE",
            meta={"existingId": rival["id"]},
        )


def _made(call: Call, body: dict[str, Any]) -> State:
    values = _placed(call, bodies.canonical(call, body))
    if call.account.contacts.records.get(values["contactId"]) is None:
        raise call.missing("Contact", values["contactId"])
    _check_alone(call, values["contactId"], values["pipelineId"])
    return call.account.opportunities.create({"status": "open", "name": "", **values})


def create(call: Call) -> Answer:
    body = shapes.check(bodies.create(call), call.body())
    call.own_location(body["locationId"])
    return _one(call, _made(call, body), 201)


def upsert(call: Call) -> Answer:
    body = shapes.check(bodies.upsert(call), call.body())
    call.own_location(body["locationId"])
    follow = {name: body.pop(name, None) for name in ("followers", "isRemoveAllFollowers", "followersActionType")}
    found = _meant(call, body)
    if found is None:
        body.pop("id", None)
        if "contactId" not in body:
            raise Refusal(400, "contactId is required to create an opportunity")
        return _one(call, _made(call, body), new=True)
    values = _placed(call, bodies.canonical(call, body), found)
    values["followers"] = _followers(found["followers"], follow)
    return _one(call, call.account.opportunities.change(found, values), new=False)


def _meant(call: Call, body: dict[str, Any]) -> State | None:
    """By id, or, as it was before, by contact and pipeline."""
    opportunities = call.account.opportunities
    if "contactId" in body:
        return opportunities.rival(body["contactId"], body["pipelineId"], only_open=False)
    return opportunities.records.get(body.get("id", ""))


def _followers(present: list[str], follow: dict[str, Any]) -> list[str]:
    kept = [] if follow["isRemoveAllFollowers"] else present
    named = follow["followers"] or []
    if follow["followersActionType"] == "remove":
        return [user for user in kept if user not in named]
    return list(dict.fromkeys([*kept, *named]))


def show(call: Call) -> Answer:
    return _one(call, find(call))


def update(call: Call) -> Answer:
    old = find(call)
    values = bodies.canonical(call, shapes.check(bodies.update(call), call.body()))
    return _one(call, call.account.opportunities.change(old, _placed(call, values, old)))


def set_status(call: Call) -> Answer:
    old = find(call)
    call.account.opportunities.change(old, shapes.check(bodies.STATUS, call.body()))
    return _success(call)


def delete(call: Call) -> Answer:
    call.account.opportunities.delete(find(call))
    return _success(call)


def _success(call: Call) -> Answer:
    return traced({"succeded": True} | ({"success": True} if call.v3 else {}))


def pipelines(call: Call) -> Answer:
    location = shapes.check(_PIPELINES, call.query())["locationId"]
    call.own_location(location)
    more = {"showInFunnel": True, "showInPieChart": True, "locationId": location, "colorRenderMode": "none"}
    return traced({"pipelines": [pipeline | more for pipeline in call.account.pipelines.values()]})


def lost_reasons(call: Call) -> Answer:
    query = shapes.check(_REASONS, call.query())
    call.own_location(query["locationId"])
    wanted = query.get("name") or query.get("query", "")
    rows = [
        reason | {"locationId": query["locationId"]}
        for reason in call.account.lost_reasons
        if wanted.lower() in reason["name"].lower()
    ]
    return traced({"lostReasons": rows, "total": len(rows)})
