-- The event log. A month is a partition; its key is the reading order, plus the partition column as PostgreSQL asks.
CREATE TABLE servicetitan.st_changes (
    txid bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
    id bigint GENERATED ALWAYS AS IDENTITY,
    changed_at timestamptz NOT NULL DEFAULT now(),
    entity text NOT NULL,
    record_id bigint NOT NULL,
    kind text NOT NULL,
    old jsonb,
    new jsonb,
    PRIMARY KEY (txid, id, changed_at)
) PARTITION BY RANGE (changed_at);

-- For a record's history. Inserts are left out: a first load then pays nothing for it, and they say nothing new.
CREATE INDEX st_changes_record ON servicetitan.st_changes (record_id, entity) WHERE kind <> 'inserted';

-- Makes the partitions of the coming months and drops those whose retention is over and that every consumer has read.
-- Consumers keep their position in a table "..._feed_positions" (txid) of their own schema. The sync may not do DDL and
-- may not read other schemas: it calls this function, which runs with its owner's rights and does nothing else.
CREATE FUNCTION servicetitan.st_changes_maintain(ahead integer, keep interval) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    month timestamptz;
    partition text;
    positions record;
    position bigint;
    slowest bigint;
    newest bigint;
    done text[] := '{}';
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('servicetitan.st_changes_maintain'));
    FOR i IN 0..ahead LOOP
        month := date_trunc('month', now(), 'UTC') + make_interval(months => i);
        partition := 'st_changes_' || to_char(month AT TIME ZONE 'UTC', 'YYYYMM');
        IF to_regclass('servicetitan.' || partition) IS NULL THEN
            EXECUTE format('CREATE TABLE servicetitan.%I PARTITION OF servicetitan.st_changes FOR VALUES FROM (%L) TO (%L)',
                           partition, month, date_trunc('month', month + interval '32 days', 'UTC'));
            done := done || ('created ' || partition);
        END IF;
    END LOOP;
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
    RETURN done;
END $$;

SELECT servicetitan.st_changes_maintain(12, interval '90 days');
