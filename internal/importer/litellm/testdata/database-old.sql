CREATE TABLE "LiteLLM_VerificationToken" ("token" TEXT PRIMARY KEY, "spend" DOUBLE PRECISION NOT NULL DEFAULT 0, "models" TEXT[], "user_id" TEXT);
INSERT INTO "LiteLLM_VerificationToken" VALUES ('HASH_OF_SHOP', 1.5, ARRAY[]::TEXT[], 'ann');
