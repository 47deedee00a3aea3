// The requests that read: user SQL, rows of a dataset, bars of a symbol. Each writes its answer as
// data and returns the payload of `done`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "duck/connection.hpp"
#include "worker/bar_interval.hpp"
#include "worker/request.hpp"
#include "worker/result_body.hpp"

namespace worker {

struct QueryOrder {
  std::string sql;
  std::vector<duck::Value> parameters{};
  BodyFormat format = BodyFormat::json;
  std::uint64_t max_rows = 10'000;
};
base::Result<std::string> run_query(duck::Connection& connection, Request& request,
                                    const QueryOrder& order);

struct TimeRange {
  std::optional<std::int64_t> from_micros{};  // inclusive
  std::optional<std::int64_t> to_micros{};    // exclusive
};

struct RowsOrder {
  std::string dataset;
  std::optional<std::string> symbol{};
  TimeRange range{};
  bool newest_first = false;
  std::uint64_t limit = 50;
  std::uint64_t offset = 0;
  BodyFormat format = BodyFormat::json;
};
base::Result<std::string> run_rows(duck::Connection& connection, Request& request,
                                   const RowsOrder& order);

struct BarsOrder {
  std::string symbol;
  std::optional<std::string> dataset{};
  BarInterval interval{};
  TimeRange range{};
  std::uint64_t limit = 100'000;
  BodyFormat format = BodyFormat::json;
};
base::Result<std::string> run_bars(duck::Connection& connection, Request& request,
                                   const BarsOrder& order);

}  // namespace worker
