// redline.toml: every mistake is a sentence with its line, and what is accepted can be printed and
// read again as the same configuration.
#include <string>
#include <vector>

#include "app/config.hpp"
#include "app/config_file.hpp"
#include "fuzz.hpp"

namespace {

app::Config read(std::string_view text, std::vector<std::string>& mistakes) {
  app::Config config = app::default_config();
  app::read_config_text("fuzz.toml", text, config, app::settings(config), mistakes);
  return config;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::vector<std::string> mistakes;
  const auto config = read(fuzz::text_of(bytes, size), mistakes);
  for (const auto& mistake : mistakes) fuzz::require(mistake.starts_with("fuzz.toml:"));
  if (!mistakes.empty()) return 0;
  app::find_mistakes(config, mistakes);
  if (!mistakes.empty()) return 0;
  const auto printed = app::print_config(config);
  const auto again = read(printed, mistakes);
  fuzz::require(mistakes.empty() && app::print_config(again) == printed);
  return 0;
}
