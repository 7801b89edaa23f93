"""The closed list of Redis commands a unit may use: which arguments are keys, and which of the commands write.

The server's users are made from it (`acl`), and the client refuses by it before anything is sent (`redis`). What is not
here reaches beyond a prefix (KEYS, SCAN, FLUSHALL, CONFIG ...), or nobody needs it yet.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Pick = Callable[[Sequence[str]], Sequence[str]]


def _none(arguments: Sequence[str]) -> Sequence[str]:
    return ()


@dataclass(frozen=True)
class Command:
    """`keys` picks the keys (or channels) out of the arguments behind the command's name; `sources` those that are only
    read by a command that writes others."""

    name: str
    keys: Pick
    writes: bool = False
    channels: bool = False
    sources: Pick = _none


def _first(arguments: Sequence[str]) -> Sequence[str]:
    return arguments[:1]


def _rest(arguments: Sequence[str]) -> Sequence[str]:
    return arguments[1:]


def _second(arguments: Sequence[str]) -> Sequence[str]:
    return arguments[1:2]


def _two(arguments: Sequence[str]) -> Sequence[str]:
    return arguments[:2]


def _all(arguments: Sequence[str]) -> Sequence[str]:
    return arguments


def _all_but_last(arguments: Sequence[str]) -> Sequence[str]:
    """BLPOP key ... timeout"""
    return arguments[:-1]


def _every_other(arguments: Sequence[str]) -> Sequence[str]:
    """MSET key value key value"""
    return arguments[::2]


def _counted(arguments: Sequence[str]) -> Sequence[str]:
    """EVAL script numkeys key ... argument ... Raises ValueError where the number is none."""
    count = int(arguments[1]) if len(arguments) > 1 else -1
    if not 0 <= count <= len(arguments) - 2:
        raise ValueError("the number of keys does not fit")
    return arguments[2 : 2 + count]


def _streams(arguments: Sequence[str]) -> Sequence[str]:
    """XREAD ... STREAMS key ... id ... A second STREAMS could hide a key, so it is refused."""
    places = [place for place, word in enumerate(arguments) if word.upper() == "STREAMS"]
    if len(places) != 1:
        raise ValueError("it must say STREAMS once")
    rest = arguments[places[0] + 1 :]
    return rest[: (len(rest) + 1) // 2]


_READS: dict[Pick, str] = {
    _first: """
        GET STRLEN GETRANGE TYPE TTL PTTL EXPIRETIME PEXPIRETIME
        HGET HMGET HGETALL HEXISTS HKEYS HVALS HLEN HSTRLEN HSCAN
        LRANGE LLEN LINDEX LPOS
        SMEMBERS SISMEMBER SMISMEMBER SCARD SRANDMEMBER SSCAN
        ZRANGE ZREVRANGE ZRANGEBYSCORE ZREVRANGEBYSCORE ZRANGEBYLEX ZCARD ZCOUNT ZSCORE ZMSCORE ZRANK ZREVRANK ZSCAN
        XLEN XRANGE XREVRANGE XPENDING XINFO|STREAM XINFO|GROUPS XINFO|CONSUMERS
    """,
    _all: "MGET EXISTS TOUCH SINTER SUNION SDIFF WATCH",
    _counted: "EVAL_RO EVALSHA_RO",
    _streams: "XREAD",
}
_WRITES: dict[Pick, str] = {
    _first: """
        SET SETEX PSETEX SETNX SETRANGE APPEND GETSET GETDEL GETEX INCR INCRBY INCRBYFLOAT DECR DECRBY
        EXPIRE PEXPIRE EXPIREAT PEXPIREAT PERSIST
        HSET HSETNX HMSET HDEL HINCRBY HINCRBYFLOAT
        LPUSH RPUSH LPUSHX RPUSHX LPOP RPOP LREM LSET LTRIM LINSERT
        SADD SREM SPOP
        ZADD ZREM ZINCRBY ZPOPMIN ZPOPMAX ZREMRANGEBYSCORE ZREMRANGEBYRANK ZREMRANGEBYLEX
        XADD XDEL XTRIM XACK XCLAIM XAUTOCLAIM XGROUP|CREATE XGROUP|CREATECONSUMER XGROUP|DELCONSUMER XGROUP|DESTROY
        XGROUP|SETID
    """,
    _two: "RENAME RENAMENX SMOVE LMOVE BLMOVE RPOPLPUSH",
    _all: "DEL UNLINK",
    _all_but_last: "BLPOP BRPOP BZPOPMIN BZPOPMAX",
    _every_other: "MSET MSETNX",
    _counted: "EVAL EVALSHA",
    _streams: "XREADGROUP",
}
_CHANNELS: dict[Pick, str] = {
    _first: "PUBLISH",
    _all: "SUBSCRIBE PSUBSCRIBE",
    _none: "UNSUBSCRIBE PUNSUBSCRIBE",
}
_KEYLESS = "PING ECHO TIME MULTI EXEC DISCARD UNWATCH SCRIPT|LOAD SCRIPT|EXISTS WAIT WAITAOF CLIENT|ID CLIENT|GETNAME"

COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        *(Command(name, keys) for keys, names in _READS.items() for name in names.split()),
        *(Command(name, keys, writes=True) for keys, names in _WRITES.items() for name in names.split()),
        *(Command(name, keys, channels=True) for keys, names in _CHANNELS.items() for name in names.split()),
        *(Command(name, _first, writes=True, sources=_rest) for name in ("SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE")),
        Command("COPY", _second, writes=True, sources=_first),
        *(Command(name, _none) for name in _KEYLESS.split()),
    )
}
# Sent by the connection itself when it is made. A unit that sent them could become somebody else in a shared pool.
CONNECTING = ("HELLO", "AUTH", "SELECT", "CLIENT|SETINFO", "CLIENT|SETNAME")

# What kombu 5.7's transport sends, its scripts and remote control included; found with a worker, the scheduler and ACL LOG.
_BUS = """
    BRPOP LPUSH RPUSH RPOP LLEN DEL EXISTS PEXPIRE SET GET HSET HGET HDEL HLEN SADD SREM SMEMBERS
    ZADD ZREM ZRANGE ZRANGEBYSCORE EVALSHA SCRIPT|LOAD SCRIPT|EXISTS TIME WATCH UNWATCH MULTI EXEC DISCARD
    PUBLISH PSUBSCRIBE PUNSUBSCRIBE PING
"""
BUS = tuple(_BUS.split())


def parse(words: Sequence[str]) -> tuple[str, Sequence[str]]:
    """(name as in `COMMANDS`, arguments) of a command as it would be sent; subcommands belong to the name."""
    name = words[0].upper().replace("|", " | ")  # as one word it is no command
    if len(words) > 1 and f"{name}|{words[1].upper()}" in _WITH_SUBCOMMANDS:
        return f"{name}|{words[1].upper()}", words[2:]
    return name, words[1:]


_WITH_SUBCOMMANDS = {name for name in (*COMMANDS, *CONNECTING) if "|" in name}
