-- +goose Up

CREATE TABLE `cohorts` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `quota` integer NOT NULL,
  `announced_at` datetime NOT NULL,
  `deadline` datetime NOT NULL,
  `basis` text NOT NULL,
  `reference` text NOT NULL DEFAULT (''),
  `created_at` datetime NOT NULL,
  `created_by` text NOT NULL DEFAULT ('')
);

CREATE TABLE `deliveries` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `message_id` text NOT NULL,
  `dedupe_key` text NOT NULL,
  `platform_key_id` integer NOT NULL,
  `body` blob NULL,
  `body_sha256` blob NOT NULL,
  `headers` text NOT NULL,
  `signed_at` datetime NOT NULL,
  `received_at` datetime NOT NULL,
  `event_type` text NOT NULL DEFAULT (''),
  `event_time` datetime NULL,
  `card_number` text NOT NULL DEFAULT (''),
  `invoice_code` text NOT NULL DEFAULT (''),
  `course_code` text NOT NULL DEFAULT (''),
  `outcome` text NOT NULL,
  `reason` text NULL,
  `problem` text NOT NULL DEFAULT (''),
  `attempts` integer NOT NULL DEFAULT (1),
  `retry_at` datetime NULL,
  `settled_at` datetime NULL,
  `settled_by` text NOT NULL DEFAULT (''),
  `platform_id` integer NOT NULL,
  CONSTRAINT `deliveries_platforms_deliveries` FOREIGN KEY (`platform_id`) REFERENCES `platforms` (`id`) ON DELETE NO ACTION
);
CREATE UNIQUE INDEX `delivery_platform_id_dedupe_key` ON `deliveries` (`platform_id`, `dedupe_key`);
CREATE INDEX `delivery_settled_at` ON `deliveries` (`settled_at`) WHERE body IS NOT NULL;
CREATE INDEX `delivery_received_at` ON `deliveries` (`received_at`);
CREATE INDEX `delivery_platform_id_received_at` ON `deliveries` (`platform_id`, `received_at`);
CREATE INDEX `delivery_card_number` ON `deliveries` (`card_number`) WHERE settled_at IS NULL;
CREATE INDEX `delivery_platform_id_invoice_code` ON `deliveries` (`platform_id`, `invoice_code`) WHERE settled_at IS NULL;
CREATE INDEX `delivery_reason_id` ON `deliveries` (`reason`, `id`) WHERE settled_at IS NULL;
CREATE INDEX `delivery_retry_at` ON `deliveries` (`retry_at`) WHERE settled_at IS NULL;

CREATE TABLE `extensions` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `scope` text NOT NULL,
  `province` text NULL,
  `until` datetime NOT NULL,
  `reference` text NOT NULL,
  `reason` text NOT NULL,
  `participants` integer NOT NULL,
  `created_by` text NOT NULL,
  `created_at` datetime NOT NULL,
  `cohort_id` integer NOT NULL,
  CONSTRAINT `extensions_cohorts_extensions` FOREIGN KEY (`cohort_id`) REFERENCES `cohorts` (`id`) ON DELETE NO ACTION
);
CREATE INDEX `extension_cohort_id` ON `extensions` (`cohort_id`);

CREATE TABLE `history` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `kind` text NOT NULL,
  `recorded_at` datetime NOT NULL,
  `effective_at` datetime NOT NULL,
  `cause` text NOT NULL,
  `delivery_id` integer NULL,
  `actor` text NOT NULL DEFAULT (''),
  `reason` text NOT NULL,
  `from_deadline` datetime NOT NULL,
  `from_first_purchase_id` integer NULL,
  `from_revoked_at` datetime NULL,
  `from_review_open` bool NOT NULL,
  `to_deadline` datetime NOT NULL,
  `to_first_purchase_id` integer NULL,
  `to_revoked_at` datetime NULL,
  `to_review_open` bool NOT NULL,
  `participant_id` integer NOT NULL,
  CONSTRAINT `history_participants_history` FOREIGN KEY (`participant_id`) REFERENCES `participants` (`id`) ON DELETE NO ACTION
);
CREATE INDEX `history_participant_id_recorded_at_id` ON `history` (`participant_id`, `recorded_at`, `id`);

CREATE TABLE `offerings` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `course_code` text NOT NULL,
  `title` text NOT NULL,
  `provider` text NOT NULL DEFAULT (''),
  `category` text NOT NULL DEFAULT (''),
  `mode` text NULL,
  `price` integer NULL,
  `url` text NOT NULL DEFAULT (''),
  `listed` bool NOT NULL,
  `withdrawn_at` datetime NULL,
  `sample` bool NOT NULL DEFAULT (false),
  `changed_at` datetime NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `platform_id` integer NOT NULL,
  CONSTRAINT `offerings_platforms_offerings` FOREIGN KEY (`platform_id`) REFERENCES `platforms` (`id`) ON DELETE NO ACTION
);
CREATE UNIQUE INDEX `offering_platform_id_course_code` ON `offerings` (`platform_id`, `course_code`);
CREATE INDEX `offering_title_id` ON `offerings` (`title`, `id`);
CREATE INDEX `offering_price_id` ON `offerings` (`price`, `id`);
CREATE INDEX `offering_category` ON `offerings` (`category`);

CREATE TABLE `participants` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `card_number` text NOT NULL,
  `nik_hash` blob NULL,
  `contact` blob NULL,
  `import_fingerprint` blob NULL,
  `contact_erased_at` datetime NULL,
  `province` text NULL,
  `regency` text NULL,
  `gender` text NULL,
  `age_band` text NULL,
  `education` text NULL,
  `deadline` datetime NOT NULL,
  `first_purchase_id` integer NULL,
  `revoked_at` datetime NULL,
  `review_open` bool NOT NULL DEFAULT (false),
  `balance` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `cohort_id` integer NOT NULL,
  CONSTRAINT `participants_cohorts_participants` FOREIGN KEY (`cohort_id`) REFERENCES `cohorts` (`id`) ON DELETE NO ACTION
);
CREATE UNIQUE INDEX `participant_card_number` ON `participants` (`card_number`);
CREATE UNIQUE INDEX `participant_nik_hash` ON `participants` (`nik_hash`);
CREATE INDEX `participant_cohort_id_deadline` ON `participants` (`cohort_id`, `deadline`);
CREATE INDEX `participant_cohort_id_province` ON `participants` (`cohort_id`, `province`);

CREATE TABLE `platforms` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `code` text NOT NULL,
  `name` text NOT NULL,
  `kind` text NOT NULL,
  `website` text NOT NULL DEFAULT (''),
  `active` bool NOT NULL DEFAULT (true),
  `tolerance_seconds` integer NOT NULL DEFAULT (300),
  `created_at` datetime NOT NULL
);
CREATE UNIQUE INDEX `platform_code` ON `platforms` (`code`);

CREATE TABLE `platform_keys` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `scheme` text NOT NULL,
  `client_code` text NOT NULL DEFAULT (''),
  `secret` blob NULL,
  `public_key` blob NULL,
  `fingerprint` text NOT NULL,
  `not_before` datetime NOT NULL,
  `not_after` datetime NULL,
  `created_at` datetime NOT NULL,
  `created_by` text NOT NULL DEFAULT (''),
  `retired_by` text NOT NULL DEFAULT (''),
  `platform_id` integer NOT NULL,
  CONSTRAINT `platform_keys_platforms_keys` FOREIGN KEY (`platform_id`) REFERENCES `platforms` (`id`) ON DELETE NO ACTION
);
CREATE INDEX `platformkey_platform_id` ON `platform_keys` (`platform_id`);

CREATE TABLE `provinces` (
  `id` text NOT NULL,
  `name` text NOT NULL,
  PRIMARY KEY (`id`)
);

CREATE TABLE `purchases` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `invoice_code` text NOT NULL,
  `amount` integer NOT NULL,
  `purchased_at` datetime NOT NULL,
  `received_at` datetime NOT NULL,
  `stated_through` datetime NULL,
  `schedule_code` text NOT NULL DEFAULT (''),
  `evidence` text NOT NULL,
  `voided_at` datetime NULL,
  `void_reason` text NOT NULL DEFAULT (''),
  `void_delivery_id` integer NULL,
  `void_settled` bool NOT NULL DEFAULT (false),
  `delivery_id` integer NOT NULL,
  `offering_id` integer NOT NULL,
  `participant_id` integer NOT NULL,
  `platform_id` integer NOT NULL,
  CONSTRAINT `purchases_deliveries_purchases` FOREIGN KEY (`delivery_id`) REFERENCES `deliveries` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `purchases_offerings_purchases` FOREIGN KEY (`offering_id`) REFERENCES `offerings` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `purchases_participants_purchases` FOREIGN KEY (`participant_id`) REFERENCES `participants` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `purchases_platforms_purchases` FOREIGN KEY (`platform_id`) REFERENCES `platforms` (`id`) ON DELETE NO ACTION
);
CREATE UNIQUE INDEX `purchase_platform_id_invoice_code` ON `purchases` (`platform_id`, `invoice_code`);
CREATE INDEX `purchase_participant_id_purchased_at` ON `purchases` (`participant_id`, `purchased_at`);
CREATE INDEX `purchase_purchased_at` ON `purchases` (`purchased_at`);
CREATE INDEX `purchase_offering_id` ON `purchases` (`offering_id`);
CREATE INDEX `purchase_platform_id_purchased_at` ON `purchases` (`platform_id`, `purchased_at`);

CREATE TABLE `reviews` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `kind` text NOT NULL,
  `state` text NOT NULL,
  `opened_at` datetime NOT NULL,
  `delivery_id` integer NULL,
  `closed_at` datetime NULL,
  `decision` text NULL,
  `decided_by` text NOT NULL DEFAULT (''),
  `note` text NOT NULL DEFAULT (''),
  `participant_id` integer NOT NULL,
  `purchase_id` integer NOT NULL,
  CONSTRAINT `reviews_participants_reviews` FOREIGN KEY (`participant_id`) REFERENCES `participants` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `reviews_purchases_reviews` FOREIGN KEY (`purchase_id`) REFERENCES `purchases` (`id`) ON DELETE NO ACTION
);
CREATE INDEX `review_participant_id` ON `reviews` (`participant_id`);
CREATE UNIQUE INDEX `review_purchase_id_kind` ON `reviews` (`purchase_id`, `kind`) WHERE closed_at IS NULL;
CREATE INDEX `review_state_opened_at` ON `reviews` (`state`, `opened_at`);

CREATE TABLE `statements` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `through` datetime NOT NULL,
  `count` integer NOT NULL,
  `amount` integer NOT NULL,
  `received_at` datetime NOT NULL,
  `delivery_id` integer NOT NULL,
  `platform_id` integer NOT NULL,
  CONSTRAINT `statements_platforms_statements` FOREIGN KEY (`platform_id`) REFERENCES `platforms` (`id`) ON DELETE NO ACTION
);
CREATE UNIQUE INDEX `statement_platform_id_through` ON `statements` (`platform_id`, `through`);

CREATE TABLE `settings` (
  `id` text NOT NULL PRIMARY KEY,
  `value` blob NOT NULL
);

-- The history is append-only.
-- +goose StatementBegin
CREATE TRIGGER history_no_update BEFORE UPDATE ON history
BEGIN
  SELECT RAISE(ABORT, 'the history is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER history_no_delete BEFORE DELETE ON history
BEGIN
  SELECT RAISE(ABORT, 'the history is append-only');
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER history_no_delete;
DROP TRIGGER history_no_update;
DROP TABLE settings;
DROP TABLE history;
DROP TABLE reviews;
DROP TABLE purchases;
DROP TABLE statements;
DROP TABLE deliveries;
DROP TABLE offerings;
DROP TABLE platform_keys;
DROP TABLE platforms;
DROP TABLE participants;
DROP TABLE extensions;
DROP TABLE cohorts;
DROP TABLE provinces;
