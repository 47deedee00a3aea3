#include "worker/column_roles.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace worker {
namespace {

struct Alias {
  std::string_view name;  // normalised
  Role role;
};

// English, Polish, German, Spanish, French, Italian; accents fall out, so "zamkni\u0119cie" is
// "zamknicie". Earlier entries win a role over later ones.
constexpr std::array kAliases{Alias{"ticker", Role::symbol},
                              Alias{"symbol", Role::symbol},
                              Alias{"sym", Role::symbol},
                              Alias{"instrument", Role::symbol},
                              Alias{"name", Role::symbol},
                              Alias{"timestamp", Role::date},
                              Alias{"datetime", Role::date},
                              Alias{"date", Role::date},
                              Alias{"data", Role::date},
                              Alias{"datum", Role::date},
                              Alias{"fecha", Role::date},
                              Alias{"dtyyyymmdd", Role::date},
                              Alias{"opentime", Role::date},
                              Alias{"windowstart", Role::date},
                              Alias{"gmttime", Role::date},
                              Alias{"tsevent", Role::date},
                              Alias{"unix", Role::date},
                              Alias{"day", Role::date},
                              Alias{"time", Role::time},
                              Alias{"czas", Role::time},
                              Alias{"zeit", Role::time},
                              Alias{"hora", Role::time},
                              Alias{"open", Role::open},
                              Alias{"otwarcie", Role::open},
                              Alias{"erffn", Role::open},
                              Alias{"erffnung", Role::open},
                              Alias{"apertura", Role::open},
                              Alias{"ouverture", Role::open},
                              Alias{"o", Role::open},
                              Alias{"high", Role::high},
                              Alias{"najwyzszy", Role::high},
                              Alias{"najwyszy", Role::high},
                              Alias{"hoch", Role::high},
                              Alias{"mximo", Role::high},
                              Alias{"max", Role::high},
                              Alias{"massimo", Role::high},
                              Alias{"h", Role::high},
                              Alias{"low", Role::low},
                              Alias{"najnizszy", Role::low},
                              Alias{"najniszy", Role::low},
                              Alias{"tief", Role::low},
                              Alias{"mnimo", Role::low},
                              Alias{"min", Role::low},
                              Alias{"minimo", Role::low},
                              Alias{"l", Role::low},
                              Alias{"close", Role::close},
                              Alias{"zamkniecie", Role::close},
                              Alias{"zamknicie", Role::close},
                              Alias{"closelast", Role::close},
                              Alias{"schluss", Role::close},
                              Alias{"zuletzt", Role::close},
                              Alias{"cierre", Role::close},
                              Alias{"ltimo", Role::close},
                              Alias{"clture", Role::close},
                              Alias{"last", Role::close},
                              Alias{"price", Role::close},
                              Alias{"c", Role::close},
                              Alias{"adjclose", Role::adj_close},
                              Alias{"adjustedclose", Role::adj_close},
                              Alias{"adjusted", Role::adj_close},
                              Alias{"volume", Role::volume},
                              Alias{"vol", Role::volume},
                              Alias{"wolumen", Role::volume},
                              Alias{"volumen", Role::volume},
                              Alias{"tickvol", Role::volume},
                              Alias{"v", Role::volume},
                              Alias{"openint", Role::open_interest},
                              Alias{"openinterest", Role::open_interest},
                              Alias{"lop", Role::open_interest},
                              Alias{"oi", Role::open_interest},
                              Alias{"per", Role::period},
                              Alias{"period", Role::period}};

const Alias* find_alias(std::string_view normalised) {
  const auto* found = std::ranges::find(kAliases, normalised, &Alias::name);
  return found == kAliases.end() ? nullptr : found;
}

// "AAPL." when every price column starts with it.
std::string_view shared_prefix(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const std::size_t dot = name.rfind('.');
    if (dot == std::string::npos || dot == 0) continue;
    const std::string_view prefix = std::string_view{name}.substr(0, dot + 1);
    const auto users = std::ranges::count_if(
        names, [&](const std::string& other) { return other.starts_with(prefix); });
    if (users >= 4) return prefix;
  }
  return {};
}

std::string without_prefix(const std::string& name, std::string_view prefix) {
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

constexpr std::array<std::string_view, 9> kOwnColumns{
    "symbol", "timestamp", "open", "high", "low", "close", "volume", "open_interest", "adj_close"};

std::string column_name(std::string_view source, const std::vector<ColumnPlan>& taken) {
  std::string name;
  for (const char letter : source) {
    const bool upper = letter >= 'A' && letter <= 'Z';
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
    if (upper || plain)
      name.push_back(upper ? static_cast<char>(letter + 32) : letter);
    else if (!name.empty() && name.back() != '_')
      name.push_back('_');
    if (name.size() == 48) break;
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  if (name.empty()) name = "column";
  const auto used = [&](const std::string& candidate) {
    return std::ranges::find(kOwnColumns, candidate) != kOwnColumns.end() ||
           std::ranges::find(taken, candidate, &ColumnPlan::name) != taken.end();
  };
  if (!used(name)) return name;
  for (int number = 2;; ++number)
    if (std::string candidate = fmt::format("{}_{}", name, number); !used(candidate))
      return candidate;
}

}  // namespace

std::string_view role_name(Role role) {
  switch (role) {
    case Role::ignored:
      return "ignored";
    case Role::symbol:
      return "symbol";
    case Role::date:
      return "timestamp";
    case Role::time:
      return "time";
    case Role::open:
      return "open";
    case Role::high:
      return "high";
    case Role::low:
      return "low";
    case Role::close:
      return "close";
    case Role::adj_close:
      return "adj_close";
    case Role::volume:
      return "volume";
    case Role::open_interest:
      return "open_interest";
    case Role::period:
      return "period";
    case Role::number:
      return "extra";
    case Role::text:
      return "extra_text";
  }
  return "ignored";
}

std::string normalised_name(std::string_view name) {
  std::string out;
  for (const char letter : name) {
    if (letter >= 'A' && letter <= 'Z') out.push_back(static_cast<char>(letter + 32));
    if ((letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9')) out.push_back(letter);
  }
  return out;
}

std::vector<ColumnPlan> plan_columns(const std::vector<std::string>& names) {
  const std::string_view prefix = shared_prefix(names);
  std::vector<ColumnPlan> columns;
  std::vector<const Alias*> found;
  for (const std::string& name : names)
    found.push_back(find_alias(normalised_name(without_prefix(name, prefix))));
  for (std::size_t index = 0; index < names.size(); ++index) {
    const Alias* alias = found[index];
    // A better name elsewhere keeps the role: "close" beats "last", "date" beats "unix".
    const bool beaten =
        alias != nullptr && std::ranges::any_of(found, [&](const Alias*& other) {
          return other != nullptr && other->role == alias->role && other != alias && other < alias;
        });
    const bool repeated = alias != nullptr && has_role(columns, alias->role);
    ColumnPlan plan;
    plan.source = names[index].empty() ? fmt::format("column {}", index + 1) : names[index];
    if (alias != nullptr && !beaten && !repeated)
      plan.role = alias->role;
    else if (!names[index].empty())
      plan.role = Role::number;
    if (plan.role == Role::number)
      plan.name = column_name(without_prefix(names[index], prefix), columns);
    columns.push_back(std::move(plan));
  }
  // A lone "time" column is the time stamp.
  if (!has_role(columns, Role::date))
    for (auto& column : columns)
      if (column.role == Role::time) column.role = Role::date;
  return columns;
}

std::size_t index_of(const std::vector<ColumnPlan>& columns, Role role) {
  const auto found = std::ranges::find(columns, role, &ColumnPlan::role);
  return static_cast<std::size_t>(found - columns.begin());
}

bool has_role(const std::vector<ColumnPlan>& columns, Role role) {
  return std::ranges::find(columns, role, &ColumnPlan::role) != columns.end();
}

std::size_t known_names(const std::vector<std::string>& names) {
  const std::string_view prefix = shared_prefix(names);
  return static_cast<std::size_t>(std::ranges::count_if(names, [&](const std::string& name) {
    return find_alias(normalised_name(without_prefix(name, prefix))) != nullptr;
  }));
}

}  // namespace worker
