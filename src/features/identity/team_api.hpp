// Teams, members and invitations; what the application beside us tells; the audit log. The services
// outlive the router.
#pragma once

#include "features/identity/audit_trail.hpp"
#include "features/identity/team_service.hpp"
#include "http/router.hpp"

namespace identity {

void add_team_routes(http::Router& router, TeamService& teams);
// PUT /v1/admin/teams/{id}, POST /v1/admin/denied-sessions.
void add_sync_routes(http::Router& router, TeamService& teams);
// GET /v1/admin/audit.
void add_audit_routes(http::Router& router, AuditTrail& trail);

}  // namespace identity
