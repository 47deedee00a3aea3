#include "features/billing/test_till.hpp"

namespace billing {

Till::Till() {
  options.listen = "127.0.0.1:0";
  options.webhook_secrets = {"whsec_test_new", "whsec_test_old"};
  options.packs = {{.sku = "hours-5", .hours = 5, .price = {2500, "usd"}, .expires_days = 0},
                   {.sku = "hours-10", .hours = 10, .price = {4500, "usd"}, .expires_days = 30}};
  base::block_on(sql::migrate(*database)).value();
  run_sql("INSERT INTO accounts (id, plan, created_at) VALUES ('" + account.text() +
          "', 'payg', 0)");
  reopen();
}

void Till::reopen() {
  service.reset();
  ledger.reset();
  database.reopen();
  ledger = std::make_unique<ledger::LedgerService>(*database, clock, random, log);
  service =
      std::make_unique<BillingService>(*database, *ledger, provider, clock, random, log, options);
}

Order Till::start_order(std::string sku) {
  return base::block_on(service->start_checkout({.account = account, .sku = std::move(sku)}))
      .value();
}

base::Result<void> Till::deliver(const std::string& body) {
  return deliver(body, sign(body, options.webhook_secrets[0], base::to_unix_seconds(clock.now())));
}

base::Result<void> Till::deliver(const std::string& body, const std::string& signature) {
  return base::block_on(service->receive_event(signature, body));
}

Order Till::reload(const Order& order) {
  return base::block_on(service->load_order(account, order.id)).value();
}

std::int64_t Till::available_ms() {
  return base::block_on(ledger->load_balance(account)).value().available.count();
}

BillingHealth Till::health() { return base::block_on(service->load_health()).value(); }

void Till::run_sql(std::string script) {
  base::block_on((*database).write_operator<bool>([&](sql::OperatorTx& tx) -> base::Result<bool> {
    tx.execute_schema(script);
    return true;
  })).value();
}

}  // namespace billing
