"""Measurements, kept for the admin: asked for by a person there, made where the owner's login is."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from config.isolation import law
from config.isolation.manifest import OWNER_ALIAS
from config.isolation.models import Proof
from config.isolation.proof import matrix
from config.isolation.proof.run import Proved, Say, prove

AGE = timedelta(days=1)  # measured at least so often where `manage.py isolation_watch` runs
KEPT = 200
ASKED_BY_ITSELF = "once a day"

_proofs = Proof.objects.using(OWNER_ALIAS)


def waiting() -> Proof | None:
    """A measurement that somebody asked for and nobody began; or one that is due by its age."""
    asked = _proofs.filter(started_at=None).order_by("id").first()
    if asked is not None:
        return asked
    if _proofs.filter(asked_at__gt=timezone.now() - AGE).exists():
        return None
    return new(ASKED_BY_ITSELF)


def new(asked_by: str) -> Proof:
    return Proof(asked_at=timezone.now(), asked_by=asked_by)


def make(proof: Proof, say: Say = lambda line: None) -> Proved:
    """Measure, and keep what came of it. What stops the measurement is kept too, and raised."""
    proof.started_at = timezone.now()
    proof.save(using=OWNER_ALIAS)
    try:
        outcome = law.apply(dry_run=True)
        proof.drift = outcome.changes + outcome.refused
        proved = prove(say)
    except Exception as error:
        proof.error = f"{type(error).__name__}: {error}"[:2000]
        raise
    else:
        proof.acts, proof.seconds = len(proved.results), round(proved.seconds, 2)
        proof.matrix, proof.surprises = matrix.as_json(proved.cells), matrix.surprises(proved.results)
        return proved
    finally:
        proof.finished_at = timezone.now()
        proof.save(using=OWNER_ALIAS)
        prune()


def prune() -> None:
    """Old ones go, and those that were asked for together with the one just made: it answers them all."""
    newest = _proofs.order_by("-id").values_list("id", flat=True)[:KEPT]
    _proofs.filter(Q(started_at=None) | ~Q(id__in=list(newest))).delete()
