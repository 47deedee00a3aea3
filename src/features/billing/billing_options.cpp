#include "features/billing/billing_options.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace billing {
namespace {

constexpr std::int64_t kMaxHours = 100'000;
constexpr std::int64_t kMaxAmount = 999'999'999;
constexpr std::int64_t kMaxExpiryDays = 36'500;

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

bool is_currency(std::string_view text) {
  return text.size() == 3 && std::ranges::all_of(text, [](char c) { return c >= 'a' && c <= 'z'; });
}

std::unexpected<base::Error> wrong(std::string message) {
  return base::fail(base::ErrorCode::invalid, "invalid_request", std::move(message));
}

void find_pack_mistakes(const Pack& pack, std::string& mistakes) {
  const auto note = [&](std::string_view what) {
    mistakes += fmt::format("Pack \"{}\": {}. ", pack.sku, what);
  };
  if (pack.sku.empty() || pack.sku.size() > 64) note("sku must have 1 to 64 characters");
  if (pack.hours < 1 || pack.hours > kMaxHours) note("hours must be 1 to 100000");
  if (pack.price.amount < 1 || pack.price.amount > kMaxAmount)
    note("price must be 1 to 999999999 minor units");
  if (!is_currency(pack.price.currency)) note("currency must be three lower-case letters");
  if (pack.expires_days < 0 || pack.expires_days > kMaxExpiryDays)
    note("expires_days must be 0 to 36500");
}

// The host of "host:port", "[v6]:port" or a URL.
std::string_view host_of(std::string_view text) {
  if (const auto scheme = text.find("://"); scheme != std::string_view::npos)
    text.remove_prefix(scheme + 3);
  text = text.substr(0, text.find_first_of("/?#"));
  if (const auto user = text.rfind('@'); user != std::string_view::npos)
    text.remove_prefix(user + 1);
  if (text.starts_with('[')) return text.substr(0, text.find(']') + 1);
  return text.substr(0, text.find(':'));
}

// Four decimal numbers, the first 127.
bool is_ipv4_loopback(std::string_view host) {
  if (!host.starts_with("127.")) return false;
  const auto dots = std::ranges::count(host, '.');
  return dots == 3 && host.back() != '.' &&
         std::ranges::all_of(host, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

}  // namespace

base::Result<PaymentMode> parse_payment_mode(std::string_view text) {
  if (text == "test-page") return PaymentMode::test_page;
  if (text == "stripe") return PaymentMode::stripe;
  return wrong(fmt::format("Payment mode \"{}\" is not known: test-page or stripe.", text));
}

base::Result<void> check_options(const BillingOptions& options) {
  std::string mistakes;
  std::set<std::string_view> skus;
  for (const auto& pack : options.packs) {
    find_pack_mistakes(pack, mistakes);
    if (!skus.insert(pack.sku).second)
      mistakes += fmt::format("Pack \"{}\" is there twice. ", pack.sku);
  }
  if (options.webhook_secrets.empty()) mistakes += "A webhook secret is needed. ";
  if (std::ranges::any_of(options.webhook_secrets, is_blank))
    mistakes += "A webhook secret is blank. ";
  if (options.signature_tolerance_seconds < 1 || options.signature_tolerance_seconds > 3600)
    mistakes += "The signature tolerance must be 1 to 3600 seconds. ";
  if (mistakes.empty()) return {};
  mistakes.pop_back();
  return wrong(std::move(mistakes));
}

bool is_loopback(std::string_view address_or_url) {
  if (address_or_url == "::1") return true;
  const auto host = host_of(address_or_url);
  return host == "localhost" || host == "[::1]" || is_ipv4_loopback(host);
}

base::Result<void> check_test_mode(const BillingOptions& options) {
  if (options.mode != PaymentMode::test_page) return {};
  if (options.live || options.secret_key.starts_with("sk_live_") ||
      options.secret_key.starts_with("rk_live_"))
    return wrong(
        "Payments are pretended (mode test-page), but a live Stripe key is configured. "
        "Remove the key, or set the mode to stripe.");
  if (!is_loopback(options.listen))
    return wrong(
        fmt::format("Payments are pretended (mode test-page): anybody who can reach {} "
                    "could take hours for nothing. Listen on 127.0.0.1, or set the mode "
                    "to stripe.",
                    options.listen));
  if (!options.public_url.empty() && !is_loopback(options.public_url))
    return wrong(
        fmt::format("Payments are pretended (mode test-page), but public_url is {}. Set "
                    "the mode to stripe.",
                    options.public_url));
  return {};
}

}  // namespace billing
