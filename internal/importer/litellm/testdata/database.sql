CREATE TABLE "LiteLLM_VerificationToken" (
  "token" TEXT PRIMARY KEY, "key_name" TEXT, "key_alias" TEXT, "spend" DOUBLE PRECISION NOT NULL DEFAULT 0, "expires" TIMESTAMP(3), "models" TEXT[],
  "aliases" JSONB NOT NULL DEFAULT '{}', "user_id" TEXT, "team_id" TEXT, "permissions" JSONB NOT NULL DEFAULT '{}', "max_parallel_requests" INTEGER,
  "metadata" JSONB NOT NULL DEFAULT '{}', "blocked" BOOLEAN, "tpm_limit" BIGINT, "rpm_limit" BIGINT, "max_budget" DOUBLE PRECISION, "budget_duration" TEXT,
  "allowed_routes" TEXT[] DEFAULT ARRAY[]::TEXT[], "model_max_budget" JSONB NOT NULL DEFAULT '{}', "budget_id" TEXT, "organization_id" TEXT);
CREATE TABLE "LiteLLM_BudgetTable" ("budget_id" TEXT PRIMARY KEY, "max_budget" DOUBLE PRECISION, "soft_budget" DOUBLE PRECISION, "budget_duration" TEXT);
CREATE TABLE "LiteLLM_TeamTable" ("team_id" TEXT PRIMARY KEY, "team_alias" TEXT, "models" TEXT[], "blocked" BOOLEAN NOT NULL DEFAULT false, "rpm_limit" BIGINT);
CREATE TABLE "LiteLLM_DeprecatedVerificationToken" ("id" TEXT PRIMARY KEY, "token" TEXT, "active_token_id" TEXT, "revoke_at" TIMESTAMP(3));
INSERT INTO "LiteLLM_BudgetTable" VALUES ('b1', 25, 20, '7d');
INSERT INTO "LiteLLM_TeamTable" VALUES ('t1', 'north', ARRAY['openai/gpt-5'], false, 1000);
INSERT INTO "LiteLLM_VerificationToken" ("token", "key_name", "key_alias", "team_id", "user_id", "rpm_limit", "budget_id", "expires")
  VALUES ('HASH_OF_SHOP', 'sk-...shop', 'shop', 't1', 'ann', 60, 'b1', '2999-01-01');
INSERT INTO "LiteLLM_DeprecatedVerificationToken" VALUES ('d1', 'HASH_OF_OLD', 'HASH_OF_SHOP', '2999-01-01');
