// HTML of the test checkout, from the templates in pages/.
#pragma once

#include <span>
#include <string>

#include "base/embedded.hpp"
#include "base/money.hpp"
#include "features/billing/order.hpp"

namespace billing {

// test-checkout.css
[[nodiscard]] std::span<const base::EmbeddedFile> checkout_style();

// The buttons for a pending order, its state for every other. `order` has a session.
[[nodiscard]] std::string render_checkout_page(const Order& order, std::string_view return_path);
// "25.00 USD", "500 JPY"
[[nodiscard]] std::string format_money(const base::Money& money);

}  // namespace billing
