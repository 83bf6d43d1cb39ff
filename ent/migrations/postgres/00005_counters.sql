-- +goose Up
-- Counters: what aggregates ask for most often, added up. Triggers keep them in the transaction that changes the facts,
-- whoever writes these; package counters says what each holds, compares it with the facts and puts it right.
--
-- A key that is null among the facts is '' here or, for a number, 0. A day is the instant at which it began in WIB. Each
-- counter is the sum over its lanes, of which transactions that write at the same time take different ones: none waits
-- for another's counters. One lane may be below zero, and a sum of zero stands for nothing. Amounts have no bound: nine
-- thousand purchases of the largest amount that a platform may report would be more than a bigint holds, and every
-- delivery after them would be refused.

CREATE TABLE "purchase_days" (
  "cohort_id" bigint NOT NULL,
  "platform_id" bigint NOT NULL,
  "day" timestamptz NOT NULL,
  "evidence" character varying NOT NULL,
  "voided" boolean NOT NULL,
  "lane" smallint NOT NULL,
  "n" bigint NOT NULL,
  "amount" numeric NOT NULL,
  PRIMARY KEY ("cohort_id", "platform_id", "day", "evidence", "voided", "lane")
);
CREATE INDEX "purchase_days_day_platform_id" ON "purchase_days" ("day", "platform_id");

CREATE TABLE "purchase_offerings" (
  "offering_id" bigint NOT NULL,
  "evidence" character varying NOT NULL,
  "voided" boolean NOT NULL,
  "lane" smallint NOT NULL,
  "n" bigint NOT NULL,
  "amount" numeric NOT NULL,
  PRIMARY KEY ("offering_id", "evidence", "voided", "lane")
);

CREATE TABLE "purchase_people" (
  "cohort_id" bigint NOT NULL,
  "platform_id" bigint NOT NULL,
  "province" character varying NOT NULL,
  "gender" character varying NOT NULL,
  "age_band" character varying NOT NULL,
  "evidence" character varying NOT NULL,
  "voided" boolean NOT NULL,
  "lane" smallint NOT NULL,
  "n" bigint NOT NULL,
  "amount" numeric NOT NULL,
  PRIMARY KEY ("cohort_id", "platform_id", "province", "gender", "age_band", "evidence", "voided", "lane")
);

CREATE TABLE "participant_places" (
  "cohort_id" bigint NOT NULL,
  "province" character varying NOT NULL,
  "deadline" timestamptz NOT NULL,
  "revoked" boolean NOT NULL,
  "review_open" boolean NOT NULL,
  "bought" boolean NOT NULL,
  "lane" smallint NOT NULL,
  "n" bigint NOT NULL,
  "balance" numeric NOT NULL,
  PRIMARY KEY ("cohort_id", "province", "deadline", "revoked", "review_open", "bought", "lane")
);

CREATE TABLE "participant_people" (
  "cohort_id" bigint NOT NULL,
  "gender" character varying NOT NULL,
  "age_band" character varying NOT NULL,
  "education" character varying NOT NULL,
  "deadline" timestamptz NOT NULL,
  "revoked" boolean NOT NULL,
  "review_open" boolean NOT NULL,
  "bought" boolean NOT NULL,
  "lane" smallint NOT NULL,
  "n" bigint NOT NULL,
  "balance" numeric NOT NULL,
  PRIMARY KEY ("cohort_id", "gender", "age_band", "education", "deadline", "revoked", "review_open", "bought", "lane")
);

-- By the first purchase. Who has none is at platform 0, on the day 1970-01-01 07:00 WIB, at which no day begins.
CREATE TABLE "participant_firsts" (
  "cohort_id" bigint NOT NULL,
  "platform_id" bigint NOT NULL,
  "day" timestamptz NOT NULL,
  "revoked" boolean NOT NULL,
  "review_open" boolean NOT NULL,
  "lane" smallint NOT NULL,
  "n" bigint NOT NULL,
  "balance" numeric NOT NULL,
  PRIMARY KEY ("cohort_id", "platform_id", "day", "revoked", "review_open", "lane")
);

-- Few rows, written over and over: room on each page for the next version of a row, so that no index is touched, and
-- VACUUM soon and without a pause.
-- +goose StatementBegin
DO $$
DECLARE
  counter text;
BEGIN
  FOREACH counter IN ARRAY ARRAY['purchase_days', 'purchase_offerings', 'purchase_people', 'participant_places', 'participant_people', 'participant_firsts'] LOOP
    EXECUTE 'ALTER TABLE ' || counter || ' SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0)';
  END LOOP;
END;
$$;
-- +goose StatementEnd

-- The lane of this transaction: the lowest of 16 that no other transaction has. When all are taken it shares one, and may
-- wait for the other's rows, never for the lane.
-- +goose StatementBegin
CREATE FUNCTION gelombang_lane() RETURNS smallint LANGUAGE plpgsql AS $$
DECLARE
  taken text := current_setting('gelombang.lane', true);
BEGIN
  IF taken <> '' THEN
    RETURN taken;
  END IF;
  FOR lane IN 0..15 LOOP
    IF pg_try_advisory_xact_lock(20210410, lane) THEN
      RETURN set_config('gelombang.lane', lane::text, true);
    END IF;
  END LOOP;
  RETURN set_config('gelombang.lane', (pg_backend_pid() % 16)::text, true);
END;
$$;
-- +goose StatementEnd

-- The trigger functions, one for each kind of statement, for what a statement may refer to depends on it: the rows that it
-- took away are "lost", those that it put there "gained". Each adds up what a whole statement changes: what comes to
-- nothing is not written. Their plans are made once for each connection, when its first statement may have been small
-- or large: for any size they look the other table's rows up one by one. One statement that changes both tables is not provided for.
-- +goose StatementBegin
DO $do$
DECLARE
  statement record;
BEGIN
  FOR statement IN SELECT * FROM (VALUES
    ('insert', 'NEW TABLE AS gained', 'SELECT 1 AS sign, * FROM gained'),
    ('update', 'OLD TABLE AS lost NEW TABLE AS gained', 'SELECT -1 AS sign, * FROM lost UNION ALL SELECT 1, * FROM gained'),
    ('delete', 'OLD TABLE AS lost', 'SELECT -1 AS sign, * FROM lost')) AS s (kind, names, changes)
  LOOP
    EXECUTE replace(replace($function$
      CREATE FUNCTION count_purchases_KIND() RETURNS trigger LANGUAGE plpgsql
      SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
      DECLARE
        own CONSTANT smallint := gelombang_lane();
      BEGIN
        WITH d AS MATERIALIZED (
          SELECT q.sign, p.cohort_id, q.platform_id, q.offering_id,
            date_trunc('day', q.purchased_at AT TIME ZONE INTERVAL '07:00') AT TIME ZONE INTERVAL '07:00' AS day,
            coalesce(p.province, '') AS province, coalesce(p.gender, '') AS gender, coalesce(p.age_band, '') AS age_band,
            q.evidence, q.voided_at IS NOT NULL AS voided, q.amount,
            coalesce(p.first_purchase_id = q.id, false) AS first, p.revoked_at IS NOT NULL AS revoked, p.review_open, p.balance
          FROM (CHANGES) q JOIN participants p ON p.id = q.participant_id
        ), days AS (
          INSERT INTO purchase_days AS c (cohort_id, platform_id, day, evidence, voided, lane, n, amount)
          SELECT cohort_id, platform_id, day, evidence, voided, own, sum(sign), sum(sign * amount) FROM d
          GROUP BY 1, 2, 3, 4, 5 HAVING sum(sign) <> 0 OR sum(sign * amount) <> 0 ORDER BY 1, 2, 3, 4, 5
          ON CONFLICT (cohort_id, platform_id, day, evidence, voided, lane) DO UPDATE SET n = c.n + excluded.n, amount = c.amount + excluded.amount
        ), offerings AS (
          INSERT INTO purchase_offerings AS c (offering_id, evidence, voided, lane, n, amount)
          SELECT offering_id, evidence, voided, own, sum(sign), sum(sign * amount) FROM d
          GROUP BY 1, 2, 3 HAVING sum(sign) <> 0 OR sum(sign * amount) <> 0 ORDER BY 1, 2, 3
          ON CONFLICT (offering_id, evidence, voided, lane) DO UPDATE SET n = c.n + excluded.n, amount = c.amount + excluded.amount
        ), people AS (
          INSERT INTO purchase_people AS c (cohort_id, platform_id, province, gender, age_band, evidence, voided, lane, n, amount)
          SELECT cohort_id, platform_id, province, gender, age_band, evidence, voided, own, sum(sign), sum(sign * amount) FROM d
          GROUP BY 1, 2, 3, 4, 5, 6, 7 HAVING sum(sign) <> 0 OR sum(sign * amount) <> 0 ORDER BY 1, 2, 3, 4, 5, 6, 7
          ON CONFLICT (cohort_id, platform_id, province, gender, age_band, evidence, voided, lane) DO UPDATE SET n = c.n + excluded.n, amount = c.amount + excluded.amount
        ) -- A purchase that somebody had for the first one before it was there, or whose platform or day is corrected.
        INSERT INTO participant_firsts AS c (cohort_id, platform_id, day, revoked, review_open, lane, n, balance)
        SELECT d.cohort_id, f.platform_id, f.day, d.revoked, d.review_open, own, sum(f.sign), sum(f.sign * d.balance)
        FROM d CROSS JOIN LATERAL (VALUES (d.sign, d.platform_id, d.day), (-d.sign, 0, 'epoch')) AS f (sign, platform_id, day)
        WHERE d.first GROUP BY 1, 2, 3, 4, 5 HAVING sum(f.sign) <> 0 OR sum(f.sign * d.balance) <> 0 ORDER BY 1, 2, 3, 4, 5
        ON CONFLICT (cohort_id, platform_id, day, revoked, review_open, lane) DO UPDATE SET n = c.n + excluded.n, balance = c.balance + excluded.balance;
        RETURN NULL;
      END;
      $$$function$, 'KIND', statement.kind), 'CHANGES', statement.changes);

    EXECUTE replace(replace($function$
      CREATE FUNCTION count_participants_KIND() RETURNS trigger LANGUAGE plpgsql
      SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
      DECLARE
        own CONSTANT smallint := gelombang_lane();
      BEGIN
        WITH d AS MATERIALIZED (
          SELECT p.sign, p.cohort_id, coalesce(p.province, '') AS province, coalesce(p.gender, '') AS gender, coalesce(p.age_band, '') AS age_band,
            coalesce(p.education, '') AS education, p.deadline, p.revoked_at IS NOT NULL AS revoked, p.review_open,
            p.first_purchase_id IS NOT NULL AS bought, coalesce(f.platform_id, 0) AS platform_id,
            coalesce(date_trunc('day', f.purchased_at AT TIME ZONE INTERVAL '07:00') AT TIME ZONE INTERVAL '07:00', 'epoch') AS day, p.balance
          FROM (CHANGES) p LEFT JOIN purchases f ON f.id = p.first_purchase_id AND f.participant_id = p.id
        ), places AS (
          INSERT INTO participant_places AS c (cohort_id, province, deadline, revoked, review_open, bought, lane, n, balance)
          SELECT cohort_id, province, deadline, revoked, review_open, bought, own, sum(sign), sum(sign * balance) FROM d
          GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(sign) <> 0 OR sum(sign * balance) <> 0 ORDER BY 1, 2, 3, 4, 5, 6
          ON CONFLICT (cohort_id, province, deadline, revoked, review_open, bought, lane) DO UPDATE SET n = c.n + excluded.n, balance = c.balance + excluded.balance
        ), people AS (
          INSERT INTO participant_people AS c (cohort_id, gender, age_band, education, deadline, revoked, review_open, bought, lane, n, balance)
          SELECT cohort_id, gender, age_band, education, deadline, revoked, review_open, bought, own, sum(sign), sum(sign * balance) FROM d
          GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING sum(sign) <> 0 OR sum(sign * balance) <> 0 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
          ON CONFLICT (cohort_id, gender, age_band, education, deadline, revoked, review_open, bought, lane) DO UPDATE SET n = c.n + excluded.n, balance = c.balance + excluded.balance
        )
        INSERT INTO participant_firsts AS c (cohort_id, platform_id, day, revoked, review_open, lane, n, balance)
        SELECT cohort_id, platform_id, day, revoked, review_open, own, sum(sign), sum(sign * balance) FROM d
        GROUP BY 1, 2, 3, 4, 5 HAVING sum(sign) <> 0 OR sum(sign * balance) <> 0 ORDER BY 1, 2, 3, 4, 5
        ON CONFLICT (cohort_id, platform_id, day, revoked, review_open, lane) DO UPDATE SET n = c.n + excluded.n, balance = c.balance + excluded.balance;
        RETURN NULL;
      END;
      $$$function$, 'KIND', statement.kind), 'CHANGES', statement.changes);
  END LOOP;
END;
$do$;
-- +goose StatementEnd

-- What is corrected of a participant moves the purchases. That is rare, and so it is the correction that waits for whoever
-- is adding a purchase of the participant, and makes others wait: their foreign key asks for the row.
-- +goose StatementBegin
CREATE FUNCTION count_corrected_buyer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  own CONSTANT smallint := gelombang_lane();
BEGIN
  PERFORM FROM participants WHERE id = NEW.id FOR UPDATE;
  WITH d AS MATERIALIZED (
    SELECT p.sign, p.cohort_id, q.platform_id, date_trunc('day', q.purchased_at AT TIME ZONE INTERVAL '07:00') AT TIME ZONE INTERVAL '07:00' AS day,
      coalesce(p.province, '') AS province, coalesce(p.gender, '') AS gender, coalesce(p.age_band, '') AS age_band,
      q.evidence, q.voided_at IS NOT NULL AS voided, q.amount
    FROM purchases q CROSS JOIN (VALUES (-1, OLD.cohort_id, OLD.province, OLD.gender, OLD.age_band), (1, NEW.cohort_id, NEW.province, NEW.gender, NEW.age_band))
      AS p (sign, cohort_id, province, gender, age_band)
    WHERE q.participant_id = NEW.id
  ), days AS (
    INSERT INTO purchase_days AS c (cohort_id, platform_id, day, evidence, voided, lane, n, amount)
    SELECT cohort_id, platform_id, day, evidence, voided, own, sum(sign), sum(sign * amount) FROM d
    GROUP BY 1, 2, 3, 4, 5 HAVING sum(sign) <> 0 OR sum(sign * amount) <> 0 ORDER BY 1, 2, 3, 4, 5
    ON CONFLICT (cohort_id, platform_id, day, evidence, voided, lane) DO UPDATE SET n = c.n + excluded.n, amount = c.amount + excluded.amount
  )
  INSERT INTO purchase_people AS c (cohort_id, platform_id, province, gender, age_band, evidence, voided, lane, n, amount)
  SELECT cohort_id, platform_id, province, gender, age_band, evidence, voided, own, sum(sign), sum(sign * amount) FROM d
  GROUP BY 1, 2, 3, 4, 5, 6, 7 HAVING sum(sign) <> 0 OR sum(sign * amount) <> 0 ORDER BY 1, 2, 3, 4, 5, 6, 7
  ON CONFLICT (cohort_id, platform_id, province, gender, age_band, evidence, voided, lane) DO UPDATE SET n = c.n + excluded.n, amount = c.amount + excluded.amount;
  RETURN NULL;
END;
$$;
-- +goose StatementEnd

-- What is there already, before anybody writes again: these locks keep out who writes, and not who reads.
LOCK TABLE participants, purchases IN SHARE ROW EXCLUSIVE MODE;

INSERT INTO purchase_days
SELECT p.cohort_id, q.platform_id, date_trunc('day', q.purchased_at AT TIME ZONE INTERVAL '07:00') AT TIME ZONE INTERVAL '07:00', q.evidence, q.voided_at IS NOT NULL, 0, count(*), sum(q.amount)
FROM purchases q JOIN participants p ON p.id = q.participant_id GROUP BY 1, 2, 3, 4, 5;

INSERT INTO purchase_offerings
SELECT offering_id, evidence, voided_at IS NOT NULL, 0, count(*), sum(amount) FROM purchases GROUP BY 1, 2, 3;

INSERT INTO purchase_people
SELECT p.cohort_id, q.platform_id, coalesce(p.province, ''), coalesce(p.gender, ''), coalesce(p.age_band, ''), q.evidence, q.voided_at IS NOT NULL, 0, count(*), sum(q.amount)
FROM purchases q JOIN participants p ON p.id = q.participant_id GROUP BY 1, 2, 3, 4, 5, 6, 7;

INSERT INTO participant_places
SELECT cohort_id, coalesce(province, ''), deadline, revoked_at IS NOT NULL, review_open, first_purchase_id IS NOT NULL, 0, count(*), sum(balance)
FROM participants GROUP BY 1, 2, 3, 4, 5, 6;

INSERT INTO participant_people
SELECT cohort_id, coalesce(gender, ''), coalesce(age_band, ''), coalesce(education, ''), deadline, revoked_at IS NOT NULL, review_open, first_purchase_id IS NOT NULL, 0, count(*), sum(balance)
FROM participants GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;

INSERT INTO participant_firsts
SELECT p.cohort_id, coalesce(f.platform_id, 0), coalesce(date_trunc('day', f.purchased_at AT TIME ZONE INTERVAL '07:00') AT TIME ZONE INTERVAL '07:00', 'epoch'),
  p.revoked_at IS NOT NULL, p.review_open, 0, count(*), sum(p.balance)
FROM participants p LEFT JOIN purchases f ON f.id = p.first_purchase_id AND f.participant_id = p.id GROUP BY 1, 2, 3, 4, 5;

ANALYZE purchase_days, purchase_offerings, purchase_people, participant_places, participant_people, participant_firsts;

CREATE TRIGGER count_insert AFTER INSERT ON purchases REFERENCING NEW TABLE AS gained
  FOR EACH STATEMENT EXECUTE FUNCTION count_purchases_insert();
CREATE TRIGGER count_update AFTER UPDATE ON purchases REFERENCING OLD TABLE AS lost NEW TABLE AS gained
  FOR EACH STATEMENT EXECUTE FUNCTION count_purchases_update();
CREATE TRIGGER count_delete AFTER DELETE ON purchases REFERENCING OLD TABLE AS lost
  FOR EACH STATEMENT EXECUTE FUNCTION count_purchases_delete();
CREATE TRIGGER count_insert AFTER INSERT ON participants REFERENCING NEW TABLE AS gained
  FOR EACH STATEMENT EXECUTE FUNCTION count_participants_insert();
CREATE TRIGGER count_update AFTER UPDATE ON participants REFERENCING OLD TABLE AS lost NEW TABLE AS gained
  FOR EACH STATEMENT EXECUTE FUNCTION count_participants_update();
CREATE TRIGGER count_delete AFTER DELETE ON participants REFERENCING OLD TABLE AS lost
  FOR EACH STATEMENT EXECUTE FUNCTION count_participants_delete();
CREATE TRIGGER count_corrected_buyer AFTER UPDATE OF cohort_id, province, gender, age_band ON participants FOR EACH ROW
  WHEN ((OLD.cohort_id, OLD.province, OLD.gender, OLD.age_band) IS DISTINCT FROM (NEW.cohort_id, NEW.province, NEW.gender, NEW.age_band))
  EXECUTE FUNCTION count_corrected_buyer();

-- +goose Down
DROP TRIGGER count_corrected_buyer ON participants;
DROP TRIGGER count_delete ON participants;
DROP TRIGGER count_update ON participants;
DROP TRIGGER count_insert ON participants;
DROP TRIGGER count_delete ON purchases;
DROP TRIGGER count_update ON purchases;
DROP TRIGGER count_insert ON purchases;
DROP FUNCTION count_corrected_buyer();
DROP FUNCTION count_participants_delete();
DROP FUNCTION count_participants_update();
DROP FUNCTION count_participants_insert();
DROP FUNCTION count_purchases_delete();
DROP FUNCTION count_purchases_update();
DROP FUNCTION count_purchases_insert();
DROP FUNCTION gelombang_lane();
DROP TABLE "participant_firsts";
DROP TABLE "participant_people";
DROP TABLE "participant_places";
DROP TABLE "purchase_people";
DROP TABLE "purchase_offerings";
DROP TABLE "purchase_days";
