"""Rule: SQL that writes outside its compartment, gives rights away, or changes who a connection is."""

import ast

from config.isolation.scan.compartments import Compartment, whose
from config.isolation.scan.lines import line_of, piece_at
from config.isolation.scan.reading import Findings, Reading
from config.isolation.scan.scopes import Place, lookup
from config.isolation.scan.source import Source
from config.isolation.scan.sql import Write, read
from config.isolation.scan.sql_tokens import Name
from config.isolation.scan.texts import Text, plain

OWN_SCHEMA = "Store what you need in your own schema, linked by the external id; the owner's code changes its rows."
_QUALIFY = "Write the schema in front of the table's name."
_RIGHTS = "Rights follow from config/isolation/manifest.py alone: change it, then run `manage.py isolation apply`."
_SESSION = "A connection stays its unit's: write the schema in front of each name, and act through your own role."
_RUNS = frozenset(
    ["execute", "executemany", "executescript", "copy", "stream", "raw", "RunSQL", "RawSQL", "SQL", "mogrify", "extra"]
)


class SqlRule:
    """Reads each text once, put together as far as the source tells."""

    LOOKS_AT = (ast.Constant, ast.JoinedStr, ast.BinOp, ast.Call)

    def __init__(self, reading: Reading) -> None:
        self._r = reading
        self._read: set[int] = {id(node) for node in reading.source.binder.prose}
        self._certain: set[int] = set()
        for node, place in reading.source.binder.found:
            if isinstance(node, ast.Call):
                self._mark(node, place)

    def _mark(self, call: ast.Call, place: Place) -> None:
        """What is handed to the database is SQL, in whatever letters; so is the constant behind its name."""
        name = _name_of(call)
        if name not in _RUNS:
            return
        keywords = [k.value for k in call.keywords if k.arg in ("sql", "query", "raw_query", "reverse_sql")]
        for argument in (*(call.args if name == "RunSQL" else call.args[:1]), *keywords):
            for node in ast.walk(argument):
                self._certain.add(id(node))
                if isinstance(node, ast.Name):
                    self._certain |= {id(binding.value) for binding in lookup(node.id, place) if binding.value}

    def look(self, node: ast.AST, place: Place) -> None:
        if id(node) in self._read:
            return
        if isinstance(node, ast.Call) and node.args and _name_of(node) in _RUNS:
            self._look_at_grown(node.args[0], place)
        texts = self._r.texts.of(node, place)
        if not texts:
            return
        inside = {id(child) for child in ast.walk(node)}
        for number, text in enumerate(texts):
            self._look_at(text, node, inside, first=number == 0)
            self._read |= {id(origin) for _, origin in text if id(origin) in inside}

    def _look_at_grown(self, argument: ast.AST, place: Place) -> None:
        """A variable that got its text piece by piece is whole only where it is executed."""
        bindings = lookup(argument.id, place) if isinstance(argument, ast.Name) else []
        if any(binding.how == "added" for binding in bindings):
            for text in self._r.texts.of(argument, place):
                self._look_at(text, argument, set(), first=False)

    def _look_at(self, text: Text, node: ast.AST, inside: set[int], *, first: bool) -> None:
        if " " not in (whole := plain(text)) and "\n" not in whole:  # one word is no statement
            return
        certain = any(id(part) in self._certain for part in (node, *(origin for _, origin in text)))
        count, writes = read(whole, certain=certain)
        own = any(id(origin) in inside for _, origin in text)
        self._r.statements += count if first and own else 0
        for write in writes:
            if own or _is_put_together(text):
                line = self._line(text, write, node, inside)
                check(self._r.findings, self._r.home, write, line, bare=self._r.source.is_sandbox)

    def _line(self, text: Text, write: Write, node: ast.AST, inside: set[int]) -> int:
        origin = piece_at(text, write.at)[1][1]
        here = int(getattr(node, "lineno", 1))
        if id(origin) not in inside:
            return here
        return line_of(text, write.at, write.verb, self._r.source.lines) or here


def _is_put_together(text: Text) -> bool:
    """Whether more than one constant made the text: a single one was read where it stands."""
    origins = {id(origin) for piece, origin in text if piece}
    return len(origins) > 1


def _name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def read_sql_file(source: Source) -> tuple[int, Findings]:
    """(statements, findings) of a file of SQL."""
    findings = Findings(source)
    count, writes = read(source.text, certain=True)
    for write in writes:
        check(findings, source.compartment, write, source.text.count("\n", 0, write.at) + 1, bare=source.is_sandbox)
    return count, findings


def check(findings: Findings, home: Compartment, write: Write, line: int, *, bare: bool) -> None:
    """`bare`: names without a schema are of no database of ours."""
    verb = write.verb.upper()
    if write.rule == "rights":
        if verb == "REVOKE" and write.name and write.name.schema in home.schemas:
            return  # a unit may close its own doors further, say a function that nobody else shall call
        target = str(write.name or "rights")
        findings.add(line, "rights", target, f"'{home.name}' changes rights or roles with {verb}.", _RIGHTS)
    elif write.rule == "session":
        findings.add(line, "session", verb, f"'{home.name}' changes with {verb} who or where its connection is.", _SESSION)
    elif write.name is not None:
        _check_name(findings, home, write.name, verb, line, bare=bare)


def _check_name(findings: Findings, home: Compartment, name: Name, verb: str, line: int, *, bare: bool) -> None:
    schema, table = name.schema, name.table
    if schema is None or schema.startswith("pg_temp") or (bare and not name.qualified):
        return
    if home.may_write(schema, table, insert=verb == "INSERT"):
        return
    where = f"{schema}.{table or '…'}"
    said = f"'{home.name}' writes {where} ({verb}), which {whose(schema, table)}."
    if not name.qualified:
        said = f"'{home.name}' writes {table} ({verb}) without a schema: that is {where}, which {whose(schema, table)}."
    findings.add(line, "sql", where, said, OWN_SCHEMA if name.qualified else _QUALIFY)
