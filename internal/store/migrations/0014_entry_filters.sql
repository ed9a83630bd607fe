-- +goose Up

-- Filters whose rare values lists must find without a walk over everything.
CREATE INDEX entries_model ON entries (model, id) WHERE model IS NOT NULL;
CREATE INDEX entries_requested ON entries (model_requested, id) WHERE model_requested IS NOT NULL;
CREATE INDEX entries_route ON entries (route, id) WHERE route IS NOT NULL;
CREATE INDEX entries_status ON entries (status, id) WHERE status <> 200;
CREATE INDEX entries_ip ON entries (client_ip, id) WHERE client_ip IS NOT NULL;
