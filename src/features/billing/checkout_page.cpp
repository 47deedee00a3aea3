#include "features/billing/checkout_page.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/check.hpp"

namespace billing {

std::span<const base::EmbeddedFile> checkout_pages();

namespace {

using Values = std::vector<std::pair<std::string_view, std::string>>;

// Currencies without a minor unit (ISO 4217), as Stripe lists them.
constexpr std::array<std::string_view, 16> kWholeCurrencies = {
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga",
    "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"};

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    switch (letter) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += letter;
    }
  }
  return out;
}

std::string_view template_named(std::string_view path) {
  const auto pages = checkout_pages();
  const auto found = std::ranges::find(pages, path, &base::EmbeddedFile::path);
  RL_CHECK(found != pages.end(), "the page is part of the program");
  return found->bytes;
}

// Replaces each {{name}}.
std::string fill(std::string_view text, const Values& values) {
  std::string out;
  while (true) {
    const auto open = text.find("{{");
    out += text.substr(0, open);
    if (open == std::string_view::npos) return out;
    const auto close = text.find("}}", open);
    const auto name = text.substr(open + 2, close - open - 2);
    const auto value = std::ranges::find(values, name, &Values::value_type::first);
    RL_CHECK(value != values.end(), "the template names a known value");
    out += escape_html(value->second);
    text.remove_prefix(close + 2);
  }
}

}  // namespace

std::string format_money(const base::Money& money) {
  std::string currency = money.currency;
  for (auto& letter : currency)
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 32);
  if (std::ranges::find(kWholeCurrencies, money.currency) != kWholeCurrencies.end())
    return fmt::format("{} {}", money.amount, currency);
  return fmt::format("{}.{:02} {}", money.amount / 100, money.amount % 100, currency);
}

std::string render_checkout_page(const Order& order, std::string_view return_path) {
  const Values values = {
      {"hours", fmt::format("{} hour{}", order.hours, order.hours == 1 ? "" : "s")},
      {"sku", order.sku},
      {"quantity", fmt::format("{}", order.quantity)},
      {"price", format_money(order.amount)},
      {"session", order.session.value_or("")},
      {"state", std::string(order_state_name(order.state))},
      {"return", std::string(return_path)}};
  const bool open = order.state == OrderState::pending;
  return fill(template_named(open ? "open.html" : "closed.html"), values);
}

}  // namespace billing
