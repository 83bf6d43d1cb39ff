-- +goose Up
-- Counters: what aggregates ask for most often, added up. Triggers keep them in the transaction that changes the facts,
-- whoever writes these; package counters says what each holds, compares it with the facts and puts it right.
--
-- A key that is null among the facts is '' here or, for a number, 0. A day is the instant at which it began in WIB, in
-- microseconds, which is why the arithmetic below looks as that of internal/db. Each counter is the sum over its lanes,
-- of which there is one: SQLite has one writer. A sum of zero stands for nothing. Sums of rupiah have no bound, and an
-- integer of SQLite has: the thousands of millions are kept apart from what is left over, each rounded towards zero.

CREATE TABLE `purchase_days` (
  `cohort_id` integer NOT NULL,
  `platform_id` integer NOT NULL,
  `day` datetime NOT NULL,
  `evidence` text NOT NULL,
  `voided` bool NOT NULL,
  `lane` integer NOT NULL,
  `n` integer NOT NULL,
  `amount_high` integer NOT NULL,
  `amount_low` integer NOT NULL,
  PRIMARY KEY (`cohort_id`, `platform_id`, `day`, `evidence`, `voided`, `lane`)
) WITHOUT ROWID;
CREATE INDEX `purchase_days_day_platform_id` ON `purchase_days` (`day`, `platform_id`);

CREATE TABLE `purchase_offerings` (
  `offering_id` integer NOT NULL,
  `evidence` text NOT NULL,
  `voided` bool NOT NULL,
  `lane` integer NOT NULL,
  `n` integer NOT NULL,
  `amount_high` integer NOT NULL,
  `amount_low` integer NOT NULL,
  PRIMARY KEY (`offering_id`, `evidence`, `voided`, `lane`)
) WITHOUT ROWID;

CREATE TABLE `purchase_people` (
  `cohort_id` integer NOT NULL,
  `platform_id` integer NOT NULL,
  `province` text NOT NULL,
  `gender` text NOT NULL,
  `age_band` text NOT NULL,
  `evidence` text NOT NULL,
  `voided` bool NOT NULL,
  `lane` integer NOT NULL,
  `n` integer NOT NULL,
  `amount_high` integer NOT NULL,
  `amount_low` integer NOT NULL,
  PRIMARY KEY (`cohort_id`, `platform_id`, `province`, `gender`, `age_band`, `evidence`, `voided`, `lane`)
) WITHOUT ROWID;

CREATE TABLE `participant_places` (
  `cohort_id` integer NOT NULL,
  `province` text NOT NULL,
  `deadline` datetime NOT NULL,
  `revoked` bool NOT NULL,
  `review_open` bool NOT NULL,
  `bought` bool NOT NULL,
  `lane` integer NOT NULL,
  `n` integer NOT NULL,
  `balance_high` integer NOT NULL,
  `balance_low` integer NOT NULL,
  PRIMARY KEY (`cohort_id`, `province`, `deadline`, `revoked`, `review_open`, `bought`, `lane`)
) WITHOUT ROWID;

CREATE TABLE `participant_people` (
  `cohort_id` integer NOT NULL,
  `gender` text NOT NULL,
  `age_band` text NOT NULL,
  `education` text NOT NULL,
  `deadline` datetime NOT NULL,
  `revoked` bool NOT NULL,
  `review_open` bool NOT NULL,
  `bought` bool NOT NULL,
  `lane` integer NOT NULL,
  `n` integer NOT NULL,
  `balance_high` integer NOT NULL,
  `balance_low` integer NOT NULL,
  PRIMARY KEY (`cohort_id`, `gender`, `age_band`, `education`, `deadline`, `revoked`, `review_open`, `bought`, `lane`)
) WITHOUT ROWID;

-- By the first purchase. Who has none is at platform 0, on the day 0, 07:00 WIB, at which no day begins.
CREATE TABLE `participant_firsts` (
  `cohort_id` integer NOT NULL,
  `platform_id` integer NOT NULL,
  `day` datetime NOT NULL,
  `revoked` bool NOT NULL,
  `review_open` bool NOT NULL,
  `lane` integer NOT NULL,
  `n` integer NOT NULL,
  `balance_high` integer NOT NULL,
  `balance_low` integer NOT NULL,
  PRIMARY KEY (`cohort_id`, `platform_id`, `day`, `revoked`, `review_open`, `lane`)
) WITHOUT ROWID;

-- What is there already.
INSERT INTO purchase_days
SELECT p.cohort_id, q.platform_id, (q.purchased_at - (((q.purchased_at + 25200000000) % 86400000000 + 86400000000) % 86400000000)), q.evidence, q.voided_at IS NOT NULL, 0, count(*), sum(q.amount / 1000000000), sum(q.amount % 1000000000)
FROM purchases q JOIN participants p ON p.id = q.participant_id GROUP BY 1, 2, 3, 4, 5;

INSERT INTO purchase_offerings
SELECT offering_id, evidence, voided_at IS NOT NULL, 0, count(*), sum(amount / 1000000000), sum(amount % 1000000000) FROM purchases GROUP BY 1, 2, 3;

INSERT INTO purchase_people
SELECT p.cohort_id, q.platform_id, coalesce(p.province, ''), coalesce(p.gender, ''), coalesce(p.age_band, ''), q.evidence, q.voided_at IS NOT NULL, 0,
  count(*), sum(q.amount / 1000000000), sum(q.amount % 1000000000)
FROM purchases q JOIN participants p ON p.id = q.participant_id GROUP BY 1, 2, 3, 4, 5, 6, 7;

INSERT INTO participant_places
SELECT cohort_id, coalesce(province, ''), deadline, revoked_at IS NOT NULL, review_open, first_purchase_id IS NOT NULL, 0,
  count(*), sum(balance / 1000000000), sum(balance % 1000000000)
FROM participants GROUP BY 1, 2, 3, 4, 5, 6;

INSERT INTO participant_people
SELECT cohort_id, coalesce(gender, ''), coalesce(age_band, ''), coalesce(education, ''), deadline, revoked_at IS NOT NULL, review_open, first_purchase_id IS NOT NULL, 0,
  count(*), sum(balance / 1000000000), sum(balance % 1000000000)
FROM participants GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;

INSERT INTO participant_firsts
SELECT p.cohort_id, coalesce(f.platform_id, 0), coalesce((f.purchased_at - (((f.purchased_at + 25200000000) % 86400000000 + 86400000000) % 86400000000)), 0), p.revoked_at IS NOT NULL, p.review_open, 0,
  count(*), sum(p.balance / 1000000000), sum(p.balance % 1000000000)
FROM participants p LEFT JOIN purchases f ON f.id = p.first_purchase_id AND f.participant_id = p.id GROUP BY 1, 2, 3, 4, 5;

-- The purchases.
-- +goose StatementBegin
CREATE TRIGGER count_purchase_insert AFTER INSERT ON purchases
BEGIN
  INSERT INTO purchase_days (cohort_id, platform_id, day, evidence, voided, lane, n, amount_high, amount_low)
  SELECT cohort_id, new.platform_id, (new.purchased_at - (((new.purchased_at + 25200000000) % 86400000000 + 86400000000) % 86400000000)), new.evidence, new.voided_at IS NOT NULL, 0, 1, new.amount / 1000000000, new.amount % 1000000000
  FROM participants WHERE id = new.participant_id
  ON CONFLICT (cohort_id, platform_id, day, evidence, voided, lane) DO UPDATE SET n = n + excluded.n, amount_high = amount_high + excluded.amount_high, amount_low = amount_low + excluded.amount_low;
  INSERT INTO purchase_offerings (offering_id, evidence, voided, lane, n, amount_high, amount_low)
  VALUES (new.offering_id, new.evidence, new.voided_at IS NOT NULL, 0, 1, new.amount / 1000000000, new.amount % 1000000000)
  ON CONFLICT (offering_id, evidence, voided, lane) DO UPDATE SET n = n + excluded.n, amount_high = amount_high + excluded.amount_high, amount_low = amount_low + excluded.amount_low;
  INSERT INTO purchase_people (cohort_id, platform_id, province, gender, age_band, evidence, voided, lane, n, amount_high, amount_low)
  SELECT cohort_id, new.platform_id, coalesce(province, ''), coalesce(gender, ''), coalesce(age_band, ''), new.evidence, new.voided_at IS NOT NULL, 0, 1, new.amount / 1000000000, new.amount % 1000000000
  FROM participants WHERE id = new.participant_id
  ON CONFLICT (cohort_id, platform_id, province, gender, age_band, evidence, voided, lane) DO UPDATE SET n = n + excluded.n, amount_high = amount_high + excluded.amount_high, amount_low = amount_low + excluded.amount_low;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER count_purchase_update AFTER UPDATE OF platform_id, offering_id, participant_id, amount, purchased_at, evidence, voided_at ON purchases
WHEN old.platform_id <> new.platform_id OR old.offering_id <> new.offering_id OR old.participant_id <> new.participant_id OR old.amount <> new.amount
  OR old.purchased_at <> new.purchased_at OR old.evidence <> new.evidence OR (old.voided_at IS NULL) <> (new.voided_at IS NULL)
BEGIN
  INSERT INTO purchase_days (cohort_id, platform_id, day, evidence, voided, lane, n, amount_high, amount_low)
  SELECT cohort_id, old.platform_id, (old.purchased_at - (((old.purchased_at + 25200000000) % 86400000000 + 86400000000) % 86400000000)), old.evidence, old.voided_at IS NOT NULL, 0, -1, -(old.amount / 1000000000), -(old.amount % 1000000000)
  FROM participants WHERE id = old.participant_id
  ON CONFLICT (cohort_id, platform_id, day, evidence, voided, lane) DO UPDATE SET n = n + excluded.n, amount_high = amount_high + excluded.amount_high, amount_low = amount_low + excluded.amount_low;
  INSERT INTO purchase_offerings (offering_id, evidence, voided, lane, n, amount_high, amount_low)
  VALUES (old.offering_id, old.evidence, old.voided_at IS NOT NULL, 0, -1, -(old.amount / 1000000000), -(old.amount % 1000000000))
  ON CONFLICT (offering_id, evidence, voided, lane) DO UPDATE SET n = n + excluded.n, amount_high = amount_high + excluded.amount_high, amount_low = amount_low + excluded.amount_low;
  INSERT INTO purchase_people (cohort_id, platform_id, province, gender, age_band, evidence, voided, lane, n, amount_high, amount_low)
  SELECT cohort_id, old.platform_id, coalesce(province, ''), coalesce(gender, ''), coalesce(age_band, ''), old.evidence, old.voided_at IS NOT NULL, 0, -1, -(old.amount / 1000000000), -(old.amount % 1000000000)
  FROM participants WHERE id = old.participant_id
  ON CONFLICT (cohort_id, platform_id, province, gender, age_band, evidence, voided, lane) DO UPDATE SET n = n + excluded.n, amount_high = amount_high + excluded.amount_high, amount_low = amount_low + excluded.amount_low;
  INSERT INTO purchase_days (cohort_id, platform_id, day, evidence, voided, lane, n, amount_high, amount_low)
  SELECT cohort_id, new.platform_id, (new.purchased_at - (((new.purchased_at + 25200000000) % 86400000000 + 86400000000) % 86400000000)), new.evidence, new.voided_at IS NOT NULL, 0, 1, new.amount / 1000000000, new.amount % 1000000000
  FROM participants WHERE id = new.participant_id
  ON CONFLICT (cohort_id, platform_id, day, evidence, voided, lane) DO UPDATE SET n = n + excluded.n, amount_high = amount_high + excluded.amount_high, amount_low = amount_low + excluded.amount_low;
  INSERT INTO purchase_offerings (offering_id, evidence, voided, lane, n, amount_high, amount_low)
  VALUES (new.offering_id, new.evidence, new.voided_at IS NOT NULL, 0, 1, new.amount / 1000000000, new.amount % 1000000000)
  ON CONFLICT (offering_id, evidence, voided, lane) DO UPDATE SET n = n + excluded.n, amount_high = amount_high + excluded.amount_high, amount_low = amount_low + excluded.amount_low;
  INSERT INTO purchase_people (cohort_id, platform_id, province, gender, age_band, evidence, voided, lane, n, amount_high, amount_low)
  SELECT cohort_id, new.platform_id, coalesce(province, ''), coalesce(gender, ''), coalesce(age_band, ''), new.evidence, new.voided_at IS NOT NULL, 0, 1, new.amount / 1000000000, new.amount % 1000000000
  FROM participants WHERE id = new.participant_id
  ON CONFLICT (cohort_id, platform_id, province, gender, age_band, evidence, voided, lane) DO UPDATE SET n = n + excluded.n, amount_high = amount_high + excluded.amount_high, amount_low = amount_low + excluded.amount_low;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER count_purchase_delete AFTER DELETE ON purchases
BEGIN
  INSERT INTO purchase_days (cohort_id, platform_id, day, evidence, voided, lane, n, amount_high, amount_low)
  SELECT cohort_id, old.platform_id, (old.purchased_at - (((old.purchased_at + 25200000000) % 86400000000 + 86400000000) % 86400000000)), old.evidence, old.voided_at IS NOT NULL, 0, -1, -(old.amount / 1000000000), -(old.amount % 1000000000)
  FROM participants WHERE id = old.participant_id
  ON CONFLICT (cohort_id, platform_id, day, evidence, voided, lane) DO UPDATE SET n = n + excluded.n, amount_high = amount_high + excluded.amount_high, amount_low = amount_low + excluded.amount_low;
  INSERT INTO purchase_offerings (offering_id, evidence, voided, lane, n, amount_high, amount_low)
  VALUES (old.offering_id, old.evidence, old.voided_at IS NOT NULL, 0, -1, -(old.amount / 1000000000), -(old.amount % 1000000000))
  ON CONFLICT (offering_id, evidence, voided, lane) DO UPDATE SET n = n + excluded.n, amount_high = amount_high + excluded.amount_high, amount_low = amount_low + excluded.amount_low;
  INSERT INTO purchase_people (cohort_id, platform_id, province, gender, age_band, evidence, voided, lane, n, amount_high, amount_low)
  SELECT cohort_id, old.platform_id, coalesce(province, ''), coalesce(gender, ''), coalesce(age_band, ''), old.evidence, old.voided_at IS NOT NULL, 0, -1, -(old.amount / 1000000000), -(old.amount % 1000000000)
  FROM participants WHERE id = old.participant_id
  ON CONFLICT (cohort_id, platform_id, province, gender, age_band, evidence, voided, lane) DO UPDATE SET n = n + excluded.n, amount_high = amount_high + excluded.amount_high, amount_low = amount_low + excluded.amount_low;
END;
-- +goose StatementEnd

-- A purchase that somebody had for the first one before it was there, or whose platform or day is corrected.
-- +goose StatementBegin
CREATE TRIGGER count_first_insert AFTER INSERT ON purchases WHEN (SELECT first_purchase_id FROM participants WHERE id = new.participant_id) = new.id
BEGIN
  INSERT INTO participant_firsts (cohort_id, platform_id, day, revoked, review_open, lane, n, balance_high, balance_low)
  SELECT p.cohort_id, f.platform_id, f.day, p.revoked_at IS NOT NULL, p.review_open, 0, f.sign, f.sign * (p.balance / 1000000000), f.sign * (p.balance % 1000000000)
  FROM participants p CROSS JOIN (SELECT 1 AS sign, new.platform_id AS platform_id, (new.purchased_at - (((new.purchased_at + 25200000000) % 86400000000 + 86400000000) % 86400000000)) AS day UNION ALL SELECT -1, 0, 0) f
  WHERE p.id = new.participant_id AND p.first_purchase_id = new.id
  ON CONFLICT (cohort_id, platform_id, day, revoked, review_open, lane) DO UPDATE SET n = n + excluded.n, balance_high = balance_high + excluded.balance_high, balance_low = balance_low + excluded.balance_low;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER count_first_update AFTER UPDATE OF platform_id, participant_id, purchased_at ON purchases
WHEN old.platform_id <> new.platform_id OR old.participant_id <> new.participant_id OR old.purchased_at <> new.purchased_at
BEGIN
  INSERT INTO participant_firsts (cohort_id, platform_id, day, revoked, review_open, lane, n, balance_high, balance_low)
  SELECT p.cohort_id, f.platform_id, f.day, p.revoked_at IS NOT NULL, p.review_open, 0, f.sign, f.sign * (p.balance / 1000000000), f.sign * (p.balance % 1000000000)
  FROM participants p CROSS JOIN (SELECT -1 AS sign, old.platform_id AS platform_id, (old.purchased_at - (((old.purchased_at + 25200000000) % 86400000000 + 86400000000) % 86400000000)) AS day UNION ALL SELECT 1, 0, 0) f
  WHERE p.id = old.participant_id AND p.first_purchase_id = old.id
  ON CONFLICT (cohort_id, platform_id, day, revoked, review_open, lane) DO UPDATE SET n = n + excluded.n, balance_high = balance_high + excluded.balance_high, balance_low = balance_low + excluded.balance_low;
  INSERT INTO participant_firsts (cohort_id, platform_id, day, revoked, review_open, lane, n, balance_high, balance_low)
  SELECT p.cohort_id, f.platform_id, f.day, p.revoked_at IS NOT NULL, p.review_open, 0, f.sign, f.sign * (p.balance / 1000000000), f.sign * (p.balance % 1000000000)
  FROM participants p CROSS JOIN (SELECT 1 AS sign, new.platform_id AS platform_id, (new.purchased_at - (((new.purchased_at + 25200000000) % 86400000000 + 86400000000) % 86400000000)) AS day UNION ALL SELECT -1, 0, 0) f
  WHERE p.id = new.participant_id AND p.first_purchase_id = new.id
  ON CONFLICT (cohort_id, platform_id, day, revoked, review_open, lane) DO UPDATE SET n = n + excluded.n, balance_high = balance_high + excluded.balance_high, balance_low = balance_low + excluded.balance_low;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER count_first_delete AFTER DELETE ON purchases WHEN (SELECT first_purchase_id FROM participants WHERE id = old.participant_id) = old.id
BEGIN
  INSERT INTO participant_firsts (cohort_id, platform_id, day, revoked, review_open, lane, n, balance_high, balance_low)
  SELECT p.cohort_id, f.platform_id, f.day, p.revoked_at IS NOT NULL, p.review_open, 0, f.sign, f.sign * (p.balance / 1000000000), f.sign * (p.balance % 1000000000)
  FROM participants p CROSS JOIN (SELECT -1 AS sign, old.platform_id AS platform_id, (old.purchased_at - (((old.purchased_at + 25200000000) % 86400000000 + 86400000000) % 86400000000)) AS day UNION ALL SELECT 1, 0, 0) f
  WHERE p.id = old.participant_id AND p.first_purchase_id = old.id
  ON CONFLICT (cohort_id, platform_id, day, revoked, review_open, lane) DO UPDATE SET n = n + excluded.n, balance_high = balance_high + excluded.balance_high, balance_low = balance_low + excluded.balance_low;
END;
-- +goose StatementEnd

-- The participants.
-- +goose StatementBegin
CREATE TRIGGER count_participant_insert AFTER INSERT ON participants
BEGIN
  INSERT INTO participant_places (cohort_id, province, deadline, revoked, review_open, bought, lane, n, balance_high, balance_low)
  VALUES (new.cohort_id, coalesce(new.province, ''), new.deadline, new.revoked_at IS NOT NULL, new.review_open, new.first_purchase_id IS NOT NULL, 0, 1, new.balance / 1000000000, new.balance % 1000000000)
  ON CONFLICT (cohort_id, province, deadline, revoked, review_open, bought, lane) DO UPDATE SET n = n + excluded.n, balance_high = balance_high + excluded.balance_high, balance_low = balance_low + excluded.balance_low;
  INSERT INTO participant_people (cohort_id, gender, age_band, education, deadline, revoked, review_open, bought, lane, n, balance_high, balance_low)
  VALUES (new.cohort_id, coalesce(new.gender, ''), coalesce(new.age_band, ''), coalesce(new.education, ''), new.deadline, new.revoked_at IS NOT NULL, new.review_open, new.first_purchase_id IS NOT NULL, 0, 1, new.balance / 1000000000, new.balance % 1000000000)
  ON CONFLICT (cohort_id, gender, age_band, education, deadline, revoked, review_open, bought, lane) DO UPDATE SET n = n + excluded.n, balance_high = balance_high + excluded.balance_high, balance_low = balance_low + excluded.balance_low;
  INSERT INTO participant_firsts (cohort_id, platform_id, day, revoked, review_open, lane, n, balance_high, balance_low)
  VALUES (new.cohort_id, coalesce((SELECT platform_id FROM purchases WHERE id = new.first_purchase_id AND participant_id = new.id), 0), coalesce((SELECT (purchased_at - (((purchased_at + 25200000000) % 86400000000 + 86400000000) % 86400000000)) FROM purchases WHERE id = new.first_purchase_id AND participant_id = new.id), 0),
    new.revoked_at IS NOT NULL, new.review_open, 0, 1, new.balance / 1000000000, new.balance % 1000000000)
  ON CONFLICT (cohort_id, platform_id, day, revoked, review_open, lane) DO UPDATE SET n = n + excluded.n, balance_high = balance_high + excluded.balance_high, balance_low = balance_low + excluded.balance_low;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER count_participant_delete AFTER DELETE ON participants
BEGIN
  INSERT INTO participant_places (cohort_id, province, deadline, revoked, review_open, bought, lane, n, balance_high, balance_low)
  VALUES (old.cohort_id, coalesce(old.province, ''), old.deadline, old.revoked_at IS NOT NULL, old.review_open, old.first_purchase_id IS NOT NULL, 0, -1, -(old.balance / 1000000000), -(old.balance % 1000000000))
  ON CONFLICT (cohort_id, province, deadline, revoked, review_open, bought, lane) DO UPDATE SET n = n + excluded.n, balance_high = balance_high + excluded.balance_high, balance_low = balance_low + excluded.balance_low;
  INSERT INTO participant_people (cohort_id, gender, age_band, education, deadline, revoked, review_open, bought, lane, n, balance_high, balance_low)
  VALUES (old.cohort_id, coalesce(old.gender, ''), coalesce(old.age_band, ''), coalesce(old.education, ''), old.deadline, old.revoked_at IS NOT NULL, old.review_open, old.first_purchase_id IS NOT NULL, 0, -1, -(old.balance / 1000000000), -(old.balance % 1000000000))
  ON CONFLICT (cohort_id, gender, age_band, education, deadline, revoked, review_open, bought, lane) DO UPDATE SET n = n + excluded.n, balance_high = balance_high + excluded.balance_high, balance_low = balance_low + excluded.balance_low;
  INSERT INTO participant_firsts (cohort_id, platform_id, day, revoked, review_open, lane, n, balance_high, balance_low)
  VALUES (old.cohort_id, coalesce((SELECT platform_id FROM purchases WHERE id = old.first_purchase_id AND participant_id = old.id), 0), coalesce((SELECT (purchased_at - (((purchased_at + 25200000000) % 86400000000 + 86400000000) % 86400000000)) FROM purchases WHERE id = old.first_purchase_id AND participant_id = old.id), 0),
    old.revoked_at IS NOT NULL, old.review_open, 0, -1, -(old.balance / 1000000000), -(old.balance % 1000000000))
  ON CONFLICT (cohort_id, platform_id, day, revoked, review_open, lane) DO UPDATE SET n = n + excluded.n, balance_high = balance_high + excluded.balance_high, balance_low = balance_low + excluded.balance_low;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER count_participant_place AFTER UPDATE OF cohort_id, province, deadline, revoked_at, review_open, first_purchase_id, balance ON participants
WHEN old.cohort_id <> new.cohort_id OR old.province IS NOT new.province OR old.deadline <> new.deadline
  OR (old.revoked_at IS NULL) <> (new.revoked_at IS NULL) OR old.review_open <> new.review_open OR (old.first_purchase_id IS NULL) <> (new.first_purchase_id IS NULL) OR old.balance <> new.balance
BEGIN
  INSERT INTO participant_places (cohort_id, province, deadline, revoked, review_open, bought, lane, n, balance_high, balance_low)
  VALUES (old.cohort_id, coalesce(old.province, ''), old.deadline, old.revoked_at IS NOT NULL, old.review_open, old.first_purchase_id IS NOT NULL, 0, -1, -(old.balance / 1000000000), -(old.balance % 1000000000)),
    (new.cohort_id, coalesce(new.province, ''), new.deadline, new.revoked_at IS NOT NULL, new.review_open, new.first_purchase_id IS NOT NULL, 0, 1, new.balance / 1000000000, new.balance % 1000000000)
  ON CONFLICT (cohort_id, province, deadline, revoked, review_open, bought, lane) DO UPDATE SET n = n + excluded.n, balance_high = balance_high + excluded.balance_high, balance_low = balance_low + excluded.balance_low;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER count_participant_person AFTER UPDATE OF cohort_id, gender, age_band, education, deadline, revoked_at, review_open, first_purchase_id, balance ON participants
WHEN old.cohort_id <> new.cohort_id OR old.gender IS NOT new.gender OR old.age_band IS NOT new.age_band OR old.education IS NOT new.education OR old.deadline <> new.deadline
  OR (old.revoked_at IS NULL) <> (new.revoked_at IS NULL) OR old.review_open <> new.review_open OR (old.first_purchase_id IS NULL) <> (new.first_purchase_id IS NULL) OR old.balance <> new.balance
BEGIN
  INSERT INTO participant_people (cohort_id, gender, age_band, education, deadline, revoked, review_open, bought, lane, n, balance_high, balance_low)
  VALUES (old.cohort_id, coalesce(old.gender, ''), coalesce(old.age_band, ''), coalesce(old.education, ''), old.deadline, old.revoked_at IS NOT NULL, old.review_open, old.first_purchase_id IS NOT NULL, 0, -1, -(old.balance / 1000000000), -(old.balance % 1000000000)),
    (new.cohort_id, coalesce(new.gender, ''), coalesce(new.age_band, ''), coalesce(new.education, ''), new.deadline, new.revoked_at IS NOT NULL, new.review_open, new.first_purchase_id IS NOT NULL, 0, 1, new.balance / 1000000000, new.balance % 1000000000)
  ON CONFLICT (cohort_id, gender, age_band, education, deadline, revoked, review_open, bought, lane) DO UPDATE SET n = n + excluded.n, balance_high = balance_high + excluded.balance_high, balance_low = balance_low + excluded.balance_low;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER count_participant_first AFTER UPDATE OF cohort_id, revoked_at, review_open, first_purchase_id, balance ON participants
WHEN old.cohort_id <> new.cohort_id OR old.first_purchase_id IS NOT new.first_purchase_id OR old.balance <> new.balance
  OR (old.revoked_at IS NULL) <> (new.revoked_at IS NULL) OR old.review_open <> new.review_open
BEGIN
  INSERT INTO participant_firsts (cohort_id, platform_id, day, revoked, review_open, lane, n, balance_high, balance_low)
  VALUES (old.cohort_id, coalesce((SELECT platform_id FROM purchases WHERE id = old.first_purchase_id AND participant_id = old.id), 0), coalesce((SELECT (purchased_at - (((purchased_at + 25200000000) % 86400000000 + 86400000000) % 86400000000)) FROM purchases WHERE id = old.first_purchase_id AND participant_id = old.id), 0),
    old.revoked_at IS NOT NULL, old.review_open, 0, -1, -(old.balance / 1000000000), -(old.balance % 1000000000)),
    (new.cohort_id, coalesce((SELECT platform_id FROM purchases WHERE id = new.first_purchase_id AND participant_id = new.id), 0), coalesce((SELECT (purchased_at - (((purchased_at + 25200000000) % 86400000000 + 86400000000) % 86400000000)) FROM purchases WHERE id = new.first_purchase_id AND participant_id = new.id), 0),
    new.revoked_at IS NOT NULL, new.review_open, 0, 1, new.balance / 1000000000, new.balance % 1000000000)
  ON CONFLICT (cohort_id, platform_id, day, revoked, review_open, lane) DO UPDATE SET n = n + excluded.n, balance_high = balance_high + excluded.balance_high, balance_low = balance_low + excluded.balance_low;
END;
-- +goose StatementEnd

-- What is corrected of a participant moves the purchases.
-- +goose StatementBegin
CREATE TRIGGER count_corrected_cohort AFTER UPDATE OF cohort_id ON participants WHEN old.cohort_id <> new.cohort_id
BEGIN
  INSERT INTO purchase_days (cohort_id, platform_id, day, evidence, voided, lane, n, amount_high, amount_low)
  SELECT old.cohort_id, platform_id, (purchased_at - (((purchased_at + 25200000000) % 86400000000 + 86400000000) % 86400000000)), evidence, voided_at IS NOT NULL, 0, -1, -(amount / 1000000000), -(amount % 1000000000)
  FROM purchases WHERE participant_id = old.id
  ON CONFLICT (cohort_id, platform_id, day, evidence, voided, lane) DO UPDATE SET n = n + excluded.n, amount_high = amount_high + excluded.amount_high, amount_low = amount_low + excluded.amount_low;
  INSERT INTO purchase_days (cohort_id, platform_id, day, evidence, voided, lane, n, amount_high, amount_low)
  SELECT new.cohort_id, platform_id, (purchased_at - (((purchased_at + 25200000000) % 86400000000 + 86400000000) % 86400000000)), evidence, voided_at IS NOT NULL, 0, 1, amount / 1000000000, amount % 1000000000
  FROM purchases WHERE participant_id = new.id
  ON CONFLICT (cohort_id, platform_id, day, evidence, voided, lane) DO UPDATE SET n = n + excluded.n, amount_high = amount_high + excluded.amount_high, amount_low = amount_low + excluded.amount_low;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER count_corrected_buyer AFTER UPDATE OF cohort_id, province, gender, age_band ON participants
WHEN old.cohort_id <> new.cohort_id OR old.province IS NOT new.province OR old.gender IS NOT new.gender OR old.age_band IS NOT new.age_band
BEGIN
  INSERT INTO purchase_people (cohort_id, platform_id, province, gender, age_band, evidence, voided, lane, n, amount_high, amount_low)
  SELECT old.cohort_id, platform_id, coalesce(old.province, ''), coalesce(old.gender, ''), coalesce(old.age_band, ''), evidence, voided_at IS NOT NULL, 0, -1, -(amount / 1000000000), -(amount % 1000000000)
  FROM purchases WHERE participant_id = old.id
  ON CONFLICT (cohort_id, platform_id, province, gender, age_band, evidence, voided, lane) DO UPDATE SET n = n + excluded.n, amount_high = amount_high + excluded.amount_high, amount_low = amount_low + excluded.amount_low;
  INSERT INTO purchase_people (cohort_id, platform_id, province, gender, age_band, evidence, voided, lane, n, amount_high, amount_low)
  SELECT new.cohort_id, platform_id, coalesce(new.province, ''), coalesce(new.gender, ''), coalesce(new.age_band, ''), evidence, voided_at IS NOT NULL, 0, 1, amount / 1000000000, amount % 1000000000
  FROM purchases WHERE participant_id = new.id
  ON CONFLICT (cohort_id, platform_id, province, gender, age_band, evidence, voided, lane) DO UPDATE SET n = n + excluded.n, amount_high = amount_high + excluded.amount_high, amount_low = amount_low + excluded.amount_low;
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER count_corrected_buyer;
DROP TRIGGER count_corrected_cohort;
DROP TRIGGER count_participant_first;
DROP TRIGGER count_participant_person;
DROP TRIGGER count_participant_place;
DROP TRIGGER count_participant_delete;
DROP TRIGGER count_participant_insert;
DROP TRIGGER count_first_delete;
DROP TRIGGER count_first_update;
DROP TRIGGER count_first_insert;
DROP TRIGGER count_purchase_delete;
DROP TRIGGER count_purchase_update;
DROP TRIGGER count_purchase_insert;
DROP TABLE `participant_firsts`;
DROP TABLE `participant_people`;
DROP TABLE `participant_places`;
DROP TABLE `purchase_people`;
DROP TABLE `purchase_offerings`;
DROP TABLE `purchase_days`;
