"""What is tried at Redis. In a step's words `{key}` is somebody's key and `{own}` one of the unit's own."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """`how`: as a command, in a "pipeline", in a "transaction", or by listening ("subscribe", "psubscribe")."""

    what: str
    words: tuple[str, ...]
    how: str = "command"

    def command(self, key: str, own: str) -> tuple[str, ...]:
        return tuple(word.format(key=key, own=own) for word in self.words)


def _steps(*lines: str) -> tuple[Step, ...]:
    """One step a line, its words apart by blanks; they are also what people read, without the keys' names."""
    return tuple(Step(_readable(line), tuple(line.split())) for line in lines)


def _readable(line: str) -> str:
    return line.replace("{key}", "KEY").replace("{own}", "OWN")


# On a foreign key. The first kind is allowed where the manifest says that the unit may read it.
READS = (
    *_steps("GET {key}", "EXISTS {key}", "COPY {key} {own}:new REPLACE"),
    Step("EVAL_RO that reads KEY", ("EVAL_RO", "return redis.call('GET', KEYS[1])", "1", "{key}")),
    Step("GET KEY in a pipeline", ("GET", "{key}"), "pipeline"),
)
WRITES = (
    *_steps("SET {key} x", "DEL {key}", "EXPIRE {key} 1", "APPEND {key} x", "HSET {key}:new a b", "PUBLISH {key} x"),
    *_steps("RENAME {key} {own}:new", "RENAME {own} {key}:new", "COPY {own} {key} REPLACE", "MSET {own} x {key} x"),
    Step("EVAL that writes KEY", ("EVAL", "return redis.call('SET', KEYS[1], 'x')", "1", "{key}")),
    Step("SET KEY in a pipeline", ("SET", "{key}", "x"), "pipeline"),
    Step("SET KEY in a transaction", ("SET", "{key}", "x"), "transaction"),
    Step("SUBSCRIBE to the channel", ("{key}",), "subscribe"),
    Step("PSUBSCRIBE to all of its channels", ("{key}*",), "psubscribe"),
)
# The client cannot see into a script: this one is the server's to refuse.
HIDDEN = (
    Step("EVAL with KEY hidden in the script", ("EVAL", "return redis.call('SET', '{key}', 'x')", "1", "{own}")),
)
OWN = (
    *_steps("SET {key} x", "GET {key}", "EXPIRE {key} 60", "TTL {key}", "COPY {key} {key}:new REPLACE", "RENAME {key}:new {key}"),
    *_steps("HSET {key}:new a b", "HGETALL {key}:new", "DEL {key}:new", "LPUSH {key}:new a", "RPOP {key}:new"),
    *_steps("SADD {key}:new a", "SMEMBERS {key}:new", "DEL {key}:new", "XADD {key}:new * a b", "XLEN {key}:new"),
    Step("EVAL that writes KEY", ("EVAL", "return redis.call('SET', KEYS[1], 'x')", "1", "{key}")),
    Step("SET KEY in a pipeline", ("SET", "{key}", "x"), "pipeline"),
    Step("SET KEY in a transaction", ("SET", "{key}", "x"), "transaction"),
    Step("SUBSCRIBE to the channel", ("{key}",), "subscribe"),
    *_steps("PUBLISH {key} x", "TIME", "PING", "DEL {key}"),
)
# What reaches beyond all keys. Asked first (ACL DRYRUN), and really tried only where the server says that it refuses.
SERVER_WIDE = _steps(
    "KEYS *", "SCAN 0", "RANDOMKEY", "DBSIZE", "FLUSHALL", "FLUSHDB", "CONFIG GET dir", "CONFIG SET maxmemory 0",
    "ACL LIST", "ACL WHOAMI", "ACL SETUSER isolation-probe on nopass +@all", "SCRIPT FLUSH", "FUNCTION FLUSH", "MONITOR",
    "DEBUG JMAP", "SHUTDOWN NOSAVE", "MIGRATE 127.0.0.1 9 {own} 0 1", "SWAPDB 0 1", "MOVE {own} 1", "REPLICAOF NO ONE",
    "CLIENT KILL ID 1", "CLIENT LIST", "CLIENT PAUSE 1", "INFO", "SAVE", "BGREWRITEAOF", "SLOWLOG GET", "MODULE LIST",
    "PUBSUB CHANNELS",
)  # fmt: skip
