-- +goose Up

CREATE INDEX "history_recorded_at" ON "history" ("recorded_at");

-- The text in which the catalogue is searched. What stands here for offerings that exist already is good enough
-- until the program has made it anew, as internal/searchtext does. No word may be empty or longer than 2 kB.
ALTER TABLE "offerings" ADD COLUMN "search" character varying NOT NULL DEFAULT '';
UPDATE offerings SET search = btrim(left(regexp_replace(lower(title || ' ' || provider || ' ' || category), '[^[:alnum:]]+', ' ', 'g'), 500));

-- The text is words of letters and digits already. No parser of text search looks at it, for it would have an
-- opinion on 1e5, 3d and letters that the locale does not know. The catalogue is read far more often than written:
-- no list of pending entries, which every search would read.
CREATE INDEX "offering_search" ON "offerings" USING gin (array_to_tsvector(string_to_array(search, ' '))) WITH (fastupdate = off);

-- What analysts may read: views without personal data, and without texts that persons typed, for these may hold
-- some. A status is as of now(), by the same rules as package rules: a test compares them. No view leaves out
-- rows, so that none needs a security barrier. A later migration that changes a column which is shown here drops
-- the view first.
CREATE SCHEMA analytics;
COMMENT ON SCHEMA analytics IS 'For analysts: no personal data. Instants are timestamptz, ends are exclusive, days are days in WIB (UTC+7), money is whole rupiah.';

CREATE VIEW analytics.cohorts AS
  SELECT id AS cohort, quota, announced_at,
    date_trunc('day', announced_at AT TIME ZONE INTERVAL '07:00') AT TIME ZONE INTERVAL '07:00' AS purchases_from,
    deadline, basis, created_at
  FROM public.cohorts;
COMMENT ON VIEW analytics.cohorts IS 'One row per cohort.';
COMMENT ON COLUMN analytics.cohorts.cohort IS 'The number of the cohort.';
COMMENT ON COLUMN analytics.cohorts.purchases_from IS 'The first instant at which a purchase counts, inclusive: 00:00 WIB of the day of the announcement.';
COMMENT ON COLUMN analytics.cohorts.deadline IS 'The instant from which a purchase no longer counts, exclusive. A participant may have a later one.';
COMMENT ON COLUMN analytics.cohorts.basis IS 'COMPUTED, DECREED or EXTENDED.';

CREATE VIEW analytics.provinces AS SELECT id AS code, name FROM public.provinces;
COMMENT ON VIEW analytics.provinces IS 'One row per province, by its BPS code.';

CREATE VIEW analytics.platforms AS
  SELECT id AS platform_id, code AS platform, name, kind, active, created_at FROM public.platforms;
COMMENT ON VIEW analytics.platforms IS 'One row per digital platform that sells trainings.';
COMMENT ON COLUMN analytics.platforms.platform IS 'The code of the platform, the same in all views.';
COMMENT ON COLUMN analytics.platforms.active IS 'Whether it takes part at present.';

CREATE VIEW analytics.offerings AS
  SELECT o.id AS offering_id, f.code AS platform, o.course_code, o.title, o.provider, o.category, o.mode, o.price,
    o.listed, o.listed AND o.withdrawn_at IS NULL AS on_sale, o.withdrawn_at, o.sample, o.created_at, o.updated_at
  FROM public.offerings o JOIN public.platforms f ON f.id = o.platform_id;
COMMENT ON VIEW analytics.offerings IS 'One row per training at one platform.';
COMMENT ON COLUMN analytics.offerings.course_code IS 'The platform''s own code of the training.';
COMMENT ON COLUMN analytics.offerings.price IS 'Rupiah; null where only a purchase told us of the training.';
COMMENT ON COLUMN analytics.offerings.listed IS 'False when only a purchase told us of it.';
COMMENT ON COLUMN analytics.offerings.sample IS 'Part of the sample catalogue.';

CREATE VIEW analytics.participants AS
  SELECT p.id AS participant_id, p.cohort_id AS cohort,
    CASE
      WHEN p.revoked_at IS NOT NULL THEN 'REVOKED'
      WHEN p.review_open THEN 'UNDER_REVIEW'
      WHEN p.first_purchase_id IS NOT NULL THEN 'PURCHASED'
      WHEN p.deadline <= now() THEN 'OVERDUE'
      ELSE 'AWAITING'
    END AS status,
    p.deadline, p.first_purchase_id, q.purchased_at AS first_purchase_at, f.code AS first_purchase_platform,
    p.revoked_at, p.review_open, p.balance, p.province, v.name AS province_name, p.regency, p.gender, p.age_band, p.education,
    p.created_at, p.updated_at
  FROM public.participants p
    LEFT JOIN public.purchases q ON q.id = p.first_purchase_id
    LEFT JOIN public.platforms f ON f.id = q.platform_id
    LEFT JOIN public.provinces v ON v.id = p.province;
COMMENT ON VIEW analytics.participants IS 'One row per recipient. Who it is cannot be told from it; never join it with other sources in order to find out.';
COMMENT ON COLUMN analytics.participants.participant_id IS 'A number of ours, the same in all views; it is neither the card number nor made from it.';
COMMENT ON COLUMN analytics.participants.status IS 'As of now(). AWAITING: no purchase yet, the deadline has not come. PURCHASED. OVERDUE: no purchase, the deadline has passed. UNDER_REVIEW: a person must decide. REVOKED.';
COMMENT ON COLUMN analytics.participants.deadline IS 'The participant''s own, exclusive.';
COMMENT ON COLUMN analytics.participants.first_purchase_id IS 'The earliest purchase that counts.';
COMMENT ON COLUMN analytics.participants.revoked_at IS 'The effective time of the revocation in force.';
COMMENT ON COLUMN analytics.participants.balance IS 'Rupiah that are left for trainings; may be negative.';
COMMENT ON COLUMN analytics.participants.province IS 'BPS code.';
COMMENT ON COLUMN analytics.participants.regency IS 'BPS code.';
COMMENT ON COLUMN analytics.participants.age_band IS 'On the day of the announcement.';

CREATE VIEW analytics.purchases AS
  SELECT q.id AS purchase_id, f.code AS platform, q.offering_id, o.course_code, o.title, o.category, o.mode,
    q.participant_id, p.cohort_id AS cohort, q.amount, q.purchased_at, q.received_at,
    EXTRACT(EPOCH FROM q.received_at - q.purchased_at) AS lag_seconds,
    CAST(q.purchased_at AT TIME ZONE INTERVAL '07:00' AS date) AS wib_day,
    q.purchased_at >= p.deadline AS late, q.voided_at, q.evidence,
    q.purchased_at >= date_trunc('day', c.announced_at AT TIME ZONE INTERVAL '07:00') AT TIME ZONE INTERVAL '07:00'
      AND q.purchased_at < p.deadline
      AND (q.evidence = 'UPHELD' OR (q.evidence = 'ACCEPTED' AND q.voided_at IS NULL)) AS counts,
    q.delivery_id
  FROM public.purchases q
    JOIN public.platforms f ON f.id = q.platform_id
    JOIN public.offerings o ON o.id = q.offering_id
    JOIN public.participants p ON p.id = q.participant_id
    JOIN public.cohorts c ON c.id = p.cohort_id;
COMMENT ON VIEW analytics.purchases IS 'One row per invoice of one participant at one platform, voided ones included.';
COMMENT ON COLUMN analytics.purchases.amount IS 'Rupiah.';
COMMENT ON COLUMN analytics.purchases.purchased_at IS 'By the clock of the platform.';
COMMENT ON COLUMN analytics.purchases.received_at IS 'When it was first reported, by our clock.';
COMMENT ON COLUMN analytics.purchases.lag_seconds IS 'From the purchase to its report, in seconds with microseconds; negative where the platform''s clock is ahead.';
COMMENT ON COLUMN analytics.purchases.wib_day IS 'The day of the purchase in WIB.';
COMMENT ON COLUMN analytics.purchases.late IS 'Made at or after the deadline of the participant; it never counts.';
COMMENT ON COLUMN analytics.purchases.voided_at IS 'When the platform cancelled the invoice; null when it stands.';
COMMENT ON COLUMN analytics.purchases.evidence IS 'ACCEPTED as reported; PENDING a person''s decision; UPHELD or REJECTED by one.';
COMMENT ON COLUMN analytics.purchases.counts IS 'Whether it meets the obligation: in time, and accepted and not voided, or upheld.';

CREATE VIEW analytics.deliveries AS
  SELECT d.id AS delivery_id, f.code AS platform, d.event_type, d.event_time, d.signed_at, d.received_at,
    d.outcome, d.reason, d.attempts, d.retry_at, d.settled_at
  FROM public.deliveries d JOIN public.platforms f ON f.id = d.platform_id;
COMMENT ON VIEW analytics.deliveries IS 'One row per authentic webhook message; nothing of what it says but its kind.';
COMMENT ON COLUMN analytics.deliveries.event_type IS 'Such as purchase.completed; empty when the message names none that can be shown.';
COMMENT ON COLUMN analytics.deliveries.event_time IS 'By the clock of the platform.';
COMMENT ON COLUMN analytics.deliveries.outcome IS 'APPLIED, QUARANTINED or DISMISSED.';
COMMENT ON COLUMN analytics.deliveries.reason IS 'Why it is or was in quarantine.';
COMMENT ON COLUMN analytics.deliveries.settled_at IS 'When it was applied or dismissed; null exactly while it is in quarantine.';

CREATE VIEW analytics.history AS
  SELECT h.id AS history_id, h.participant_id, p.cohort_id AS cohort, h.kind, h.recorded_at, h.effective_at, h.cause, h.delivery_id,
    h.from_deadline, h.from_first_purchase_id, h.from_revoked_at, h.from_review_open,
    h.to_deadline, h.to_first_purchase_id, h.to_revoked_at, h.to_review_open
  FROM public.history h JOIN public.participants p ON p.id = h.participant_id;
COMMENT ON VIEW analytics.history IS 'One row per change of a participant''s facts, never changed and never removed. A person''s name and reasons are left out.';
COMMENT ON COLUMN analytics.history.recorded_at IS 'When we learnt of it, by our clock.';
COMMENT ON COLUMN analytics.history.effective_at IS 'When it happened.';
COMMENT ON COLUMN analytics.history.cause IS 'DELIVERY, SETTLEMENT or PERSON.';

CREATE VIEW analytics.reviews AS
  SELECT r.id AS review_id, r.participant_id, p.cohort_id AS cohort, r.purchase_id, r.kind, r.state, r.decision, r.opened_at, r.closed_at, r.delivery_id
  FROM public.reviews r JOIN public.participants p ON p.id = r.participant_id;
COMMENT ON VIEW analytics.reviews IS 'One row per question that only a person may decide. Who decided and the notes are left out.';
COMMENT ON COLUMN analytics.reviews.state IS 'OPEN, DECIDED by a person, or MOOT: other evidence settled it first.';
COMMENT ON COLUMN analytics.reviews.delivery_id IS 'The delivery that opened it.';

CREATE VIEW analytics.statements AS
  SELECT s.id AS statement_id, f.code AS platform, s.through, s.count, s.amount, s.received_at, s.delivery_id
  FROM public.statements s JOIN public.platforms f ON f.id = s.platform_id;
COMMENT ON VIEW analytics.statements IS 'One row per statement of a platform that it has sent every purchase before an instant.';
COMMENT ON COLUMN analytics.statements.through IS 'The instant, exclusive.';
COMMENT ON COLUMN analytics.statements.count IS 'Purchases before it, as the platform counts them.';
COMMENT ON COLUMN analytics.statements.amount IS 'Their sum in rupiah, as the platform counts it.';

-- A role belongs to the whole cluster: another database may have made it, or make it at this moment. Who migrates
-- may not be allowed to make roles; then the administrator does, and everything else goes on.
-- +goose StatementBegin
DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gelombang_analyst') THEN
    BEGIN
      CREATE ROLE gelombang_analyst NOLOGIN;
    EXCEPTION
      WHEN duplicate_object OR unique_violation THEN
        NULL;
      WHEN insufficient_privilege THEN
        RAISE NOTICE 'analysts have no access yet: the role gelombang_analyst is missing, and % may not make roles', current_user
          USING HINT = format('As an administrator: CREATE ROLE gelombang_analyst NOLOGIN; As %1$I: GRANT USAGE ON SCHEMA analytics TO gelombang_analyst; '
            'GRANT SELECT ON ALL TABLES IN SCHEMA analytics TO gelombang_analyst; '
            'ALTER DEFAULT PRIVILEGES IN SCHEMA analytics GRANT SELECT ON TABLES TO gelombang_analyst;', current_user);
        RETURN;
    END;
  END IF;
  GRANT USAGE ON SCHEMA analytics TO gelombang_analyst;
  GRANT SELECT ON ALL TABLES IN SCHEMA analytics TO gelombang_analyst;
  ALTER DEFAULT PRIVILEGES IN SCHEMA analytics GRANT SELECT ON TABLES TO gelombang_analyst;
END;
$$;
-- +goose StatementEnd

-- +goose Down

-- The role stays: other databases of the cluster may use it, and logins be members of it.
-- +goose StatementBegin
DO $$
BEGIN
  IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gelombang_analyst') THEN
    ALTER DEFAULT PRIVILEGES IN SCHEMA analytics REVOKE SELECT ON TABLES FROM gelombang_analyst;
    REVOKE SELECT ON ALL TABLES IN SCHEMA analytics FROM gelombang_analyst;
    REVOKE USAGE ON SCHEMA analytics FROM gelombang_analyst;
  END IF;
END;
$$;
-- +goose StatementEnd
DROP VIEW analytics.statements;
DROP VIEW analytics.reviews;
DROP VIEW analytics.history;
DROP VIEW analytics.deliveries;
DROP VIEW analytics.purchases;
DROP VIEW analytics.participants;
DROP VIEW analytics.offerings;
DROP VIEW analytics.platforms;
DROP VIEW analytics.provinces;
DROP VIEW analytics.cohorts;
DROP SCHEMA analytics;
DROP INDEX "offering_search";
ALTER TABLE "offerings" DROP COLUMN "search";
DROP INDEX "history_recorded_at";
