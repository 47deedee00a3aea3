// /v1/user/…: a signed-in person's own things; and the parts of /v1/auth/… that go by mail. Both
// services outlive the router.
#pragma once

#include "features/identity/profile_service.hpp"
#include "features/identity/recovery_service.hpp"
#include "http/router.hpp"

namespace identity {

void add_user_routes(http::Router& router, ProfileService& profile);
void add_recovery_routes(http::Router& router, RecoveryService& recovery);

}  // namespace identity
