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
# What was said and what was decided stays as it was. The owner is let through: a request to be forgotten is done by hand.
_GROWS = """
CREATE FUNCTION automation.workflow_only_grows() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        RETURN COALESCE(NEW, OLD);
    END IF;
    RAISE EXCEPTION '% only grows: add a newer row instead of % of an old one', TG_TABLE_NAME, lower(TG_OP)
        USING ERRCODE = 'check_violation', CONSTRAINT = 'only_grows';
END $$;
"""
_ONLY_GROWS = """
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON automation.{0} FOR EACH ROW
    EXECUTE FUNCTION automation.workflow_only_grows();
CREATE TRIGGER only_grows_at_all BEFORE TRUNCATE ON automation.{0} FOR EACH STATEMENT
    EXECUTE FUNCTION automation.workflow_only_grows();
"""
_CHANGES = "DROP TRIGGER only_grows ON automation.{0}; DROP TRIGGER only_grows_at_all ON automation.{0};"
GROWING = ("messaging_consent", "messaging_template_versions", "workflow_versions")


class Migration(migrations.Migration):
    dependencies = [("automation", "0002_messaging")]

    operations = [
        migrations.RunSQL(_CONSENT, _NO_CONSENT),
        migrations.RunSQL(_GROWS, "DROP FUNCTION automation.workflow_only_grows()"),
        *(migrations.RunSQL(_ONLY_GROWS.format(table), _CHANGES.format(table)) for table in GROWING),
        migrations.RunSQL("CREATE SEQUENCE automation.messaging_claims", "DROP SEQUENCE automation.messaging_claims"),
    ]
