// How the ledger's rows look on the wire (api/openapi.yaml).
#pragma once

#include "base/json.hpp"
#include "features/ledger/entry.hpp"
#include "features/ledger/run.hpp"
#include "features/ledger/stored_grant.hpp"

namespace ledger {

void append_run(base::JsonWriter& json, const StoredRun& run);
// With the lines that explain it.
void append_run_detail(base::JsonWriter& json, const StoredRun& run, const Tariff& tariff);
void append_tariff(base::JsonWriter& json, const TariffVersion& version);
void append_entry(base::JsonWriter& json, const Entry& entry);
void append_grant(base::JsonWriter& json, const StoredGrant& grant);

}  // namespace ledger
