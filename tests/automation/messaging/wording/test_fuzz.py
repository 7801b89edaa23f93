"""Whatever is written, and whatever the record has: only the two errors, and never a text without an end."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automation.messaging.wording.facts import sample
from automation.messaging.wording.language import FILTERS, LONGEST
from automation.messaging.wording.names import KNOWN, names_of
from automation.messaging.wording.rendering import Missing, written
from automation.messaging.wording.templates import BadTemplate, Draft, check

NAMES = sorted({name for entity in KNOWN for name in names_of(entity)})


def draft(body: str, **more: Any) -> Draft:
    usual = {"name": "note", "title": "", "kind": "sms", "purpose": "service", "entity": "estimate", "subject": ""}
    return Draft(**{**usual, "body": body, **more})


values = st.one_of(st.text(max_size=80), st.integers(-5, 10_000), st.text("{}%|'\"\n\r ", max_size=30))
facts = st.fixed_dictionaries(
    {about: st.dictionaries(st.sampled_from(sorted({n.partition(".")[2] for n in NAMES})), values, max_size=6)
     for about in ("customer", "company", "estimate", "job")}
)  # fmt: skip
literals = st.one_of(
    st.sampled_from(NAMES), st.sampled_from(("nil", "true", "1", "-2.5", "''", "(1..3)", "blank", "empty", "nope", "customer")),
    st.text("abc {}%", max_size=8).map(lambda text: f"'{text}'"), st.integers().map(str), st.floats().map(str),
)  # fmt: skip
calls = st.builds(
    lambda name, given: f" | {name}{': ' if given else ''}{', '.join(given)}",
    st.sampled_from((*sorted(FILTERS), "split", "join", "date")), st.lists(literals, max_size=3),
)  # fmt: skip
outputs = st.builds(lambda value, calls: f"{{{{ {value}{''.join(calls)} }}}}", literals, st.lists(calls, max_size=4))
tests = st.builds(
    lambda one, op, two: f"{one} {op} {two}",
    literals, st.sampled_from(("==", "!=", "<", ">", "<=", ">=", "contains", "and", "or", "<>", "")), literals,
)  # fmt: skip
pieces = st.recursive(
    st.one_of(outputs, st.text(max_size=20), st.sampled_from(("{{", "}}", "{%", "%}", "{% endif %}", "{% raw %}", "{% # x %}"))),
    lambda inner: st.one_of(
        st.builds(lambda test, a, b: f"{{% if {test} %}}{a}{{% else %}}{b}{{% endif %}}", tests, inner, inner),
        st.builds(lambda test, a: f"{{% unless {test} %}}{a}{{% endunless %}}", tests, inner),
        st.builds(lambda v, w, a: f"{{% case {v} %}}{{% when {w} %}}{a}{{% endcase %}}", literals, literals, inner),
        st.builds(lambda a: f"{{% comment %}}{a}{{% endcomment %}}", inner),
        st.lists(inner, max_size=3).map("".join),
    ),
    max_leaves=8,
)


@settings(max_examples=400, deadline=None)
@given(pieces, facts, st.sampled_from(("sms", "email")), st.sampled_from(("service", "marketing")))
def test_nothing_but_the_two_errors(body: str, facts: dict[str, Any], kind: str, purpose: str) -> None:
    with suppress(Missing):
        text = written(kind, purpose, "About {{ estimate.name | default: 'it' }}", body, facts)
        assert text.body.strip() and len(text.body) <= LONGEST and "\n" not in text.subject
    with suppress(BadTemplate):
        check(draft(body, kind=kind, purpose=purpose, subject="" if kind == "sms" else "Hi"))
        assert written(kind, purpose, "Hi", body, sample("estimate")).body


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(sorted(names_of("estimate"))), min_size=1, max_size=4, unique=True), facts)
def test_a_name_that_the_record_has_not_is_never_passed_over(names: list[str], facts: dict[str, Any]) -> None:
    body = " ".join(f"<{{{{ {name} }}}}>" for name in names)
    absent = [name for name in names if name.partition(".")[2] not in facts[name.partition(".")[0]]]
    if not absent:
        assert written("email", "service", "Hi", body, facts).body
        return
    with pytest.raises(Missing) as missing:
        written("email", "service", "Hi", body, facts)
    ours = absent[0].startswith("company.")
    assert str(missing.value).startswith(f"There is no {absent[0]}:" if ours else f"This record has no {absent[0]}.")
