// simulation [--seeds FROM..TO] [--seed N] [--hours N] [--accounts N] [--print] [--soak SECONDS]
// [--first-breach]
#include <charconv>
#include <string>
#include <string_view>

#include "campaign.hpp"

namespace {

std::int64_t to_number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  simulation::Campaign campaign;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--print") {
      campaign.prints = true;
      continue;
    }
    if (name == "--first-breach") {
      campaign.stops_at_first = true;
      continue;
    }
    const std::string_view value = i + 1 < argc ? argv[++i] : "";
    if (name == "--seed") campaign.first = campaign.last = to_number(value);
    if (name == "--seeds") {
      campaign.first = to_number(value.substr(0, value.find('.')));
      campaign.last = to_number(value.substr(value.rfind('.') + 1));
    }
    if (name == "--hours") campaign.hours = to_number(value);
    if (name == "--accounts") campaign.accounts = static_cast<int>(to_number(value));
    if (name == "--soak") campaign.soak_seconds = to_number(value);
  }
  return simulation::run_campaign(campaign);
}
