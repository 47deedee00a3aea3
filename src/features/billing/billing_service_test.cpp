#include "features/billing/billing_service.hpp"

#include <mutex>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "features/billing/test_till.hpp"

namespace billing {
namespace {

struct CheckoutTest : testing::Test {
  base::Result<Order> start(std::string sku, std::int64_t quantity,
                            std::optional<std::string> key = std::nullopt) {
    return base::block_on(till.service->start_checkout({.account = till.account,
                                                        .sku = std::move(sku),
                                                        .quantity = quantity,
                                                        .idempotency_key = std::move(key)}));
  }
  Till till;
};

// D24, D25: price and hours come from one place and are whole numbers.
TEST_F(CheckoutTest, AnOrderFixesHoursAndPriceOfTheWholeQuantity) {
  const auto order = start("hours-5", 3);
  ASSERT_TRUE(order);
  EXPECT_EQ(order->hours, 15);
  EXPECT_EQ(order->amount, (base::Money{7500, "usd"}));
  EXPECT_EQ(order->state, OrderState::pending);
  EXPECT_TRUE(order->session);
  EXPECT_TRUE(order->url);
}

TEST_F(CheckoutTest, WhatIsNotForSaleIsNamed) {
  for (const auto& [sku, quantity] : std::vector<std::pair<std::string, std::int64_t>>{
           {"hours-6", 1}, {"", 1}, {"hours-5", 0}, {"hours-5", -1}, {"hours-5", 101}}) {
    const auto refused = start(sku, quantity);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, "invalid_request");
    EXPECT_EQ(refused.error().fields.size(), 1U);
  }
}

TEST_F(CheckoutTest, TheSameKeyIsTheSameOrderForEver) {
  const auto first = start("hours-5", 1, "key-1");
  ASSERT_TRUE(first);
  till.clock.advance(std::chrono::days{400});
  till.reopen();
  const auto again = start("hours-5", 1, "key-1");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->id, first->id);
  EXPECT_EQ(again->url, first->url);
  EXPECT_EQ(till.provider.calls, 1);
  EXPECT_NE(start("hours-5", 1, "key-2")->id, first->id);
  EXPECT_NE(start("hours-5", 1)->id, start("hours-5", 1)->id);
}

TEST_F(CheckoutTest, TheSameKeyWithAnotherBodyIsAConflict) {
  ASSERT_TRUE(start("hours-5", 1, "key-1"));
  for (const auto& refused : {start("hours-10", 1, "key-1"), start("hours-5", 2, "key-1")}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::ErrorCode::conflict);
    EXPECT_EQ(refused.error().reason, "idempotency_conflict");
  }
}

TEST_F(CheckoutTest, TheSameKeyInParallelIsOneOrder) {
  std::mutex mutex;
  std::set<std::string> ids;
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 8; ++i)
      callers.emplace_back([&] {
        const auto order = start("hours-5", 1, "key-1");
        const std::lock_guard lock(mutex);
        ids.insert(order ? order->id.text() + *order->session : order.error().reason);
      });
  }
  EXPECT_EQ(ids.size(), 1U);
}

TEST_F(CheckoutTest, AProviderThatWasAwayIsAskedAgainForTheSameOrder) {
  till.provider.fails = true;
  EXPECT_FALSE(start("hours-5", 1, "key-1"));
  till.provider.fails = false;
  const auto order = start("hours-5", 1, "key-1");
  ASSERT_TRUE(order);
  EXPECT_TRUE(order->session);
  const auto page = base::block_on(till.service->list_orders(till.account, "", 50));
  EXPECT_EQ(page->orders.size(), 1U);
}

TEST_F(CheckoutTest, AnotherAccountSeesNoneOfMyOrders) {
  const auto order = till.start_order();
  const base::AccountId other{base::IdBits{8, 8}};
  const auto refused = base::block_on(till.service->load_order(other, order.id));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::ErrorCode::not_found);
  EXPECT_TRUE(base::block_on(till.service->list_orders(other, "", 50))->orders.empty());
}

TEST_F(CheckoutTest, PagesListEveryOrderOnceNewestFirst) {
  std::vector<std::string> made;
  for (int i = 0; i < 7; ++i) {
    made.insert(made.begin(), till.start_order().id.text());
    till.clock.advance(std::chrono::seconds{1});
  }
  std::vector<std::string> listed;
  std::string cursor;
  for (int pages = 0; pages < 10; ++pages) {
    const auto page = base::block_on(till.service->list_orders(till.account, cursor, 3));
    ASSERT_TRUE(page);
    for (const auto& order : page->orders) listed.push_back(order.id.text());
    if (!page->next_cursor) break;
    cursor = *page->next_cursor;
  }
  EXPECT_EQ(listed, made);
  EXPECT_FALSE(base::block_on(till.service->list_orders(till.account, "nonsense", 3)));
}

}  // namespace
}  // namespace billing
