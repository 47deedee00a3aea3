#pragma once

#include <string>

#include "base/result.hpp"
#include "duck/connection.hpp"
#include "worker/zone_rules.hpp"

namespace worker {

// The rules of an IANA zone ("Europe/Warsaw") from 1970 to 2040; invalid_request when unknown.
base::Result<ZoneRules> load_zone(duck::Connection& connection, const std::string& name);

}  // namespace worker
