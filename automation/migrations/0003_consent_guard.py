"""What only the database can promise: a ledger that only grows, and no claim of a message without consent.

The functions run with the rights of whoever writes, and may read nothing that he may not.
"""

from django.db import migrations

# Of each witness the newest word counts, and none where it was taken back: at least one for it, and none against.
# The index messaging_consent_newest serves it.
_CONSENT = """
CREATE FUNCTION automation.messaging_need_consent() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    may boolean;
BEGIN
    SELECT bool_and(newest.allowed) INTO may FROM (
        SELECT DISTINCT ON (witness) allowed FROM automation.messaging_consent
        WHERE channel = NEW.kind AND address = NEW.address AND purpose = NEW.purpose
        ORDER BY witness, id DESC) newest;
    IF may IS NOT TRUE THEN
        RAISE EXCEPTION 'message % may not be sent: there is no consent to % by %', NEW.id, NEW.purpose, NEW.kind
            USING ERRCODE = 'check_violation', CONSTRAINT = 'messaging_need_consent';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER messaging_need_consent BEFORE INSERT OR UPDATE ON automation.messaging_messages FOR EACH ROW
    WHEN (NEW.state = 'sending' AND NEW.kind <> 'staff') EXECUTE FUNCTION automation.messaging_need_consent();

CREATE FUNCTION automation.messaging_keep_claim() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'message % gets a claim only by being sent', NEW.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'messaging_keep_claim';
END $$;
CREATE TRIGGER messaging_keep_claim BEFORE UPDATE ON automation.messaging_messages FOR EACH ROW
    WHEN (NEW.claim IS DISTINCT FROM OLD.claim AND NEW.claim IS NOT NULL AND NEW.state <> 'sending')
    EXECUTE FUNCTION automation.messaging_keep_claim();
CREATE TRIGGER messaging_keep_claim_new BEFORE INSERT ON automation.messaging_messages FOR EACH ROW
    WHEN (NEW.claim IS NOT NULL AND NEW.state <> 'sending') EXECUTE FUNCTION automation.messaging_keep_claim();
"""
_NO_CONSENT = """
DROP TRIGGER messaging_need_consent ON automation.messaging_messages;
DROP TRIGGER messaging_keep_claim ON automation.messaging_messages;
DROP TRIGGER messaging_keep_claim_new ON automation.messaging_messages;
DROP FUNCTION automation.messaging_need_consent(); DROP FUNCTION automation.messaging_keep_claim();
"""
# The owner is let through: a request to be forgotten is a person's decision, made by hand.
_LEDGER = """
CREATE FUNCTION automation.messaging_only_grows() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        RETURN COALESCE(NEW, OLD);
    END IF;
    RAISE EXCEPTION 'the ledger of consent only grows: add a newer word instead of % of an old one', lower(TG_OP)
        USING ERRCODE = 'check_violation', CONSTRAINT = 'messaging_only_grows';
END $$;
CREATE TRIGGER messaging_only_grows BEFORE UPDATE OR DELETE ON automation.messaging_consent FOR EACH ROW
    EXECUTE FUNCTION automation.messaging_only_grows();
CREATE TRIGGER messaging_only_grows_at_all BEFORE TRUNCATE ON automation.messaging_consent FOR EACH STATEMENT
    EXECUTE FUNCTION automation.messaging_only_grows();
"""
_NO_LEDGER = """
DROP TRIGGER messaging_only_grows ON automation.messaging_consent;
DROP TRIGGER messaging_only_grows_at_all ON automation.messaging_consent;
DROP FUNCTION automation.messaging_only_grows();
"""


class Migration(migrations.Migration):
    dependencies = [("automation", "0002_messaging")]

    operations = [
        migrations.RunSQL(_CONSENT, _NO_CONSENT),
        migrations.RunSQL(_LEDGER, _NO_LEDGER),
        migrations.RunSQL("CREATE SEQUENCE automation.messaging_claims", "DROP SEQUENCE automation.messaging_claims"),
    ]
