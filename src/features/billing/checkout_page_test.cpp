#include "features/billing/checkout_page.hpp"

#include <gtest/gtest.h>

namespace billing {
namespace {

TEST(FormatMoney, ShowsMinorUnitsAsTheCurrencyHasThem) {
  EXPECT_EQ(format_money({2500, "usd"}), "25.00 USD");
  EXPECT_EQ(format_money({5, "eur"}), "0.05 EUR");
  EXPECT_EQ(format_money({500, "jpy"}), "500 JPY");
}

// D43: names were put into pages as they came.
TEST(RenderCheckoutPage, EscapesWhatItShows) {
  const Order order{
      .sku = "<script>\"&'", .hours = 1, .amount = {100, "usd"}, .session = "cs_test_1"};
  const auto page = render_checkout_page(order, "/");
  EXPECT_EQ(page.find("<script>"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;&quot;&amp;&#39;"), std::string::npos);
  EXPECT_NE(page.find("1 hour<"), std::string::npos);
}

}  // namespace
}  // namespace billing
