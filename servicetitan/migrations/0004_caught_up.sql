-- Nothing that another unit may hold makes a sync wait: no advisory lock, whose number anybody can work out and take, and
-- no lock on a table for longer than a second. A partition is made apart and then attached, which no reader hinders. What
-- cannot be had now is told as "skipped" and left to the next run; the months ahead are there in time all the same.
CREATE OR REPLACE FUNCTION servicetitan.st_changes_maintain(ahead integer, keep interval) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s' AS $$
DECLARE
    month timestamptz;
    partition text;
    positions record;
    position bigint;
    slowest bigint;
    newest bigint;
    done text[] := '{}';
BEGIN
    FOR i IN 0..ahead LOOP
        month := date_trunc('month', now(), 'UTC') + make_interval(months => i);
        partition := 'st_changes_' || to_char(month AT TIME ZONE 'UTC', 'YYYYMM');
        CONTINUE WHEN to_regclass('servicetitan.' || partition) IS NOT NULL;
        BEGIN
            EXECUTE format('CREATE TABLE servicetitan.%I (LIKE servicetitan.st_changes INCLUDING DEFAULTS '
                           'INCLUDING STORAGE INCLUDING COMPRESSION)', partition);
            EXECUTE format('ALTER TABLE servicetitan.st_changes ATTACH PARTITION servicetitan.%I FOR VALUES FROM (%L) TO (%L)',
                           partition, month, date_trunc('month', month + interval '32 days', 'UTC'));
            done := done || ('created ' || partition);
        EXCEPTION WHEN lock_not_available OR duplicate_table OR unique_violation THEN
            done := done || format('skipped making %s: %s', partition, SQLERRM);
            EXIT;
        END;
    END LOOP;
    BEGIN
        FOR positions IN
            SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND c.relname ~ '(^|_)feed_positions$' AND n.nspowner = (
                SELECT nspowner FROM pg_namespace WHERE nspname = 'servicetitan')
        LOOP
            EXECUTE format('SELECT min(txid) FROM %I.%I', positions.nspname, positions.relname) INTO position;
            slowest := least(slowest, position);
        END LOOP;
        FOR partition IN
            SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'servicetitan.st_changes'::regclass
              AND c.relname < 'st_changes_' || to_char((now() - keep) AT TIME ZONE 'UTC', 'YYYYMM')
        LOOP
            EXECUTE format('SELECT max(txid) FROM servicetitan.%I', partition) INTO newest;
            IF newest IS NULL OR slowest IS NULL OR newest <= slowest THEN
                EXECUTE format('DROP TABLE servicetitan.%I', partition);
                done := done || ('dropped ' || partition);
            END IF;
        END LOOP;
    EXCEPTION WHEN lock_not_available THEN
        done := done || format('skipped dropping %s: %s', coalesce(partition, 'old partitions'), SQLERRM);
    END;
    RETURN done;
END $$;

REVOKE EXECUTE ON FUNCTION servicetitan.st_changes_maintain(integer, interval) FROM PUBLIC;
