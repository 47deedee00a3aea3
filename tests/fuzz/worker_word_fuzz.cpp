// What the server reads of a worker's answers: progress, a dataset, a whole catalogue. A worker
// runs a user's SQL, so its word is anybody's: what is kept of it is a name that is one, and JSON
// that reads back. The first byte chooses.
#include <string>

#include "base/json.hpp"
#include "features/workspace/catalogue_store.hpp"
#include "features/workspace/job_text.hpp"
#include "fuzz.hpp"

namespace {

using fuzz::require;

void check(const workspace::DatasetEntry& entry) {
  require(workspace::is_dataset_name(entry.name));
  require(base::parse_json_object(entry.summary).has_value());
  require(entry.detail.empty() || base::parse_json_object(entry.detail).has_value());
}

void progress(std::string_view text) {
  const auto said = workspace::parse_progress(text);
  require(said.done >= 0 && said.total >= 0 && said.rate >= 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const auto text = fuzz::text_of(bytes + 1, size - 1);
  switch (bytes[0]) {
    case 'p':
      progress(text);
      break;
    case 'd':
      if (const auto entry = workspace::parse_dataset(text)) check(*entry);
      break;
    case 'c':
      if (const auto entries = workspace::parse_catalogue(text))
        for (const auto& entry : *entries) check(entry);
      break;
    default:
      return -1;  // not worth keeping
  }
  return 0;
}
