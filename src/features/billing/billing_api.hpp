// HTTP of billing: POST /v1/checkout, GET /v1/checkout/{order}, /v1/payments, /v1/plans,
// POST /v1/webhooks/stripe.
#pragma once

#include "features/billing/billing_service.hpp"
#include "http/router.hpp"

namespace billing {

// `service` outlives the router.
void add_routes(http::Router& router, BillingService& service);

}  // namespace billing
