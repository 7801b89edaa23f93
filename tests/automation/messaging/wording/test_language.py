"""Templates are written by people whom nobody has to trust: what is hostile is refused when it is saved, or limited."""

import re
from typing import Any

import pytest

from automation.messaging.wording.facts import sample
from automation.messaging.wording.language import FILTERS
from automation.messaging.wording.rendering import Missing, Unwritable, written
from automation.messaging.wording.templates import BadTemplate, Draft, check


def draft(body: str, **more: Any) -> Draft:
    usual = {"name": "note", "title": "", "kind": "sms", "purpose": "service", "entity": "estimate", "subject": ""}
    return Draft(**{**usual, "body": body, **more})


def refused(body: str, **more: Any) -> str:
    with pytest.raises(BadTemplate) as bad:
        check(draft(body, **more))
    return str(bad.value)


def text_of(body: str, facts: dict[str, Any] | None = None) -> str:
    return written("sms", "service", "", body, sample("estimate") if facts is None else facts).body


@pytest.mark.parametrize(
    "body",
    [
        "{% for a in (1..1000000000) %}x{% endfor %}",
        "{% tablerow a in (1..9) %}x{% endtablerow %}",
        "{% include 'note' %}",
        "{% render 'note' %}",
        "{% layout 'note' %}",
        "{% assign a = 1 %}x",
        "{% capture a %}x{% endcapture %}",
        "{% increment a %}",
        "{% cycle 'a', 'b' %}",
        "{% liquid echo 1 %}",
        "{% echo 1 %}",
        "{% raw %}{{ customer.name }}{% endraw %}",
        "{{ customer }}",
        "{{ customer.__class__ }}",
        "{{ customer['__class__']['__mro__'] }}",
        "{{ customer.name.__class__ }}",
        "{{ customer.name.size }}",
        "{{ customer.first }}",
        "{{ customer[customer.name] }}",
        "{{ ['customer.name'] }}",
        "{{ now }}",
        "{{ settings.SECRET_KEY }}",
        "{{ (1..1000000000) }}",
        "{% if (1..1000000000) contains 'x' %}x{% endif %}y",
        "{% if customer.name contains (1..1000000000) %}x{% endif %}y",
        "{{ 'x' | append: (1..1000000000) }}",
        "{{ 'a' | date: '%Y' }}",
        "{{ 'a' | split: '' }}",
        "{% unless customer.name %}{{ 'a' | base64_encode }}{% endunless %}x",
        "{{ 'aaaaaaaaaa'" + " | replace: 'a', 'aaaaaaaaaa'" * 60 + " | truncate: 5 }}",
        "{{ 'aaaaaaaaaa'" + " | replace: '', 'aaaaaaaaaa'" * 60 + " | truncate: 5 }}",
        "{{ 'a' | truncate: " + "9" * 400 + ".0 }}",
        "{{ " + "9" * 4900 + " }}",
        "{% if " + "1 and " * 800 + "1 %}x{% endif %}",
        "{% if " + "1 == " * 800 + "1 %}x{% endif %}",
        "{{ a" + "[a" * 1500 + "]" * 1500 + " }}",
        "{% if 1 %}" * 150 + "x" + "{% endif %}" * 150,
        "{" * 4999,
        "{{" * 2499,
        "{%" * 2499,
        "x" * 5001,
        "x" * 5000,
        "x\0y",
        "x\ud800y",
        "Hi {customer.name}",
        "Hi { customer.name }}",
        "{{ nope | default: 'x' }}",
        "{% if customer.city == blank %}x{% endif %}y",
        "{% if estimate.total > 5000 %}x{% endif %}y",
        "{% comment %}",
        "",
        "{% comment %}nothing{% endcomment %}",
    ],
)
def test_hostile_and_broken_ones_are_refused_when_they_are_saved(body: str) -> None:
    assert refused(body).endswith(".")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("a\nb {{ customer.frist_name }}", "body, line 2, column 6: there is no customer.frist_name: is it customer.first_name?"),
        ("{{ invoice.balance }}", "body, line 1, column 4: there is no invoice.balance"),
        ("a {{ customer.name | upcas }}", "body, line 1, column 22: there is no filter upcas. There are: append, "),
        ("a\n\n{% for x in y %}", "body, line 3, column 4: unexpected tag 'for'. There are: if, unless, case, comment."),
        ("{{ customer.name", "body, line 1, column 1: expected '}}', found end of file."),
        ("{% if customer.name %}x", "expected tag endif"),
        ("{% if customer.city %}{% else %}{{ 'a' | truncate: 'b' }}{% endif %}x", "without customer.city: It cannot be written"),
        ("{% unless customer.city %}{{ job.summary }} " + "x" * 700 + "{% endunless %}x", "without customer.city: It is 5 text"),
        ("y" * 700, "It is 5 text messages long; HUB_SMS_SEGMENTS allows 4."),
        ("Hi {{ customer.name }}}", "A { or } would be sent as it is."),
    ],
)
def test_it_says_where_and_what_instead(body: str, said: str) -> None:
    assert said in refused(body)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"name": "No good"}, "name: write small letters"),
        ({"name": "a" * 101}, "name: "),
        ({"kind": "fax"}, "kind: 'fax' is none of sms, email, staff."),
        ({"purpose": "fun"}, "purpose: 'fun' is none of service, marketing."),
        ({"entity": "call"}, "entity: 'call' is none of customer, "),
        ({"kind": "email"}, "subject: an e-mail has one."),
        ({"kind": "staff", "subject": " "}, "subject: an e-mail has one."),
        ({"subject": "Hi"}, "subject: a text message has none."),
        ({"kind": "email", "subject": "x" * 301}, "subject: at most 300 characters."),
        ({"kind": "email", "subject": "{{ nope.x }}"}, "subject, line 1, column 4: there is no nope.x."),
        ({"kind": "email", "subject": "{% comment %}x{% endcomment %}"}, "The subject is empty."),
        ({"title": "x" * 201}, "title: at most 200 characters."),
        ({"title": "a\0"}, "title: '\\x00' is no character."),
    ],
)
def test_what_is_around_the_text_is_checked_too(more: dict[str, Any], said: str) -> None:
    assert said in refused("Hi", **more)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{{ customer['name'] }}", "Ann Lee"),
        ("{{ customer.first_name | default: 'there' | upcase }}", "ANN"),
        ("{% if customer.city == 'Mesa' %}a{% else %}b{% endif %}", "a"),
        ("{% unless customer.city contains 'es' %}a{% else %}b{% endunless %}", "b"),
        ("{% case customer.city %}{% when 'Mesa', 'Tempe' %}near{% else %}far{% endcase %}", "near"),
        ("{% if estimate.days_ago > 2 and estimate.days_ago < 4 %}three{% endif %}", "three"),
        ("{% if estimate.days_ago == 3 %}three{% endif %}", "three"),
        ("{{ estimate.days_ago }} days", "3 days"),
        ("{{ estimate.name | truncate: 9 }}", "Heat p..."),
        ("{{ estimate.name | replace: ',', ' with' | remove: 's' | append: '!' }}", "Heat pump with 3 ton!"),
        ("{% comment %}{{ nope }}{% endcomment %}x", "x"),
        ("a{%- if true -%}  b  {%- endif -%}c", "abc"),
    ],
)  # fmt: skip
def test_what_may_be_written(body: str, said: str) -> None:
    check(draft(body))
    assert text_of(body) == said


def test_every_filter_works_on_a_name() -> None:
    arguments = {"replace": ": 'a', 'b'", "remove": ": 'a'", "append": ": 'a'", "prepend": ": 'a'"}
    for name in FILTERS:
        check(draft(f"x{{{{ customer.name | {name}{arguments.get(name, '')} }}}}"))


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("{{ customer.city }}", "customer.city"),
        ("{{ customer.city | upcase }}", "customer.city"),
        ("{{ customer.city | truncate: 3 }}", "customer.city"),
        ("{{ customer.name | append: customer.city }}", "customer.city"),
        ("{{ customer.name | replace: 'A', customer.city }}", "customer.city"),
        ("{{ customer.city | default: customer.street }}", "customer.street"),
        ("{% if customer.name %}{{ customer.city }}{% endif %}", "customer.city"),
        ("{{ job.summary }}", "job"),  # the estimate has no job at all
    ],
)
def test_what_is_missing_is_named_and_nothing_is_sent(body: str, name: str) -> None:
    with pytest.raises(Missing, match=f"This record has no {re.escape(name)}\\.") as missing:
        text_of(body, {"customer": {"name": "Ann"}})
    assert not isinstance(missing.value, Unwritable)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{{ customer.city | default: 'your city' }}", "your city"),
        ("{% if customer.city %}a{% else %}b{% endif %}", "b"),
        ("{% unless customer.city %}b{% endunless %}", "b"),
        ("{% if customer.city == 'Mesa' %}a{% else %}b{% endif %}", "b"),
        ("{% if customer.city == nil %}b{% endif %}", "b"),
        ("{% if customer.city contains 'a' %}a{% else %}b{% endif %}", "b"),
        ("{% if estimate.days_ago > 3 %}a{% else %}b{% endif %}", "b"),
        ("{% case customer.city %}{% when 'Mesa' %}a{% else %}b{% endcase %}", "b"),
    ],
)
def test_what_may_be_missing_is_asked_for(body: str, said: str) -> None:
    assert text_of(body, {"customer": {"name": "Ann"}}) == said


def test_a_record_speaks_no_liquid() -> None:
    name = "{{ company.phone }}{% if true %}x{% endif %}"
    assert text_of("Hi {{ customer.name }}", {"customer": {"name": name}}) == f"Hi {name}"
