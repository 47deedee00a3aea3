#include "app/demo.hpp"

#include "app/sample_prices.hpp"
#include "base/task.hpp"

namespace app {
namespace {

constexpr std::string_view kDataset = "sample_daily";
constexpr std::uint64_t kSeed = 20'260'104;

class MemoryBody final : public http::BodyReader {
 public:
  explicit MemoryBody(std::string text) : text_(std::move(text)) {}
  base::Task<base::Result<std::string_view>> read() override {
    constexpr std::size_t kPiece = 65'536;
    const auto piece = std::string_view{text_}.substr(std::min(at_, text_.size()), kPiece);
    at_ += piece.size();
    co_return piece;
  }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

// Four groups of five digits of Crockford's alphabet: 100 random bits that a person can type.
std::string make_password(base::Random& random) {
  static constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
  std::string password;
  for (int group = 0; group < 4; ++group) {
    if (group > 0) password += '-';
    auto bits = random.next_u64();
    for (int digit = 0; digit < 5; ++digit, bits >>= 5U) password += kDigits[bits & 31U];
  }
  return password;
}

base::Result<identity::CreatedAccount> sign_in_of(Platform& platform, const std::string& email,
                                                  bool is_operator) {
  return base::block_on(
      platform.identity().create_or_reset({.email = email,
                                           .password = make_password(platform.store().random),
                                           .is_operator = is_operator}));
}

}  // namespace

base::Result<Demo> prepare_demo(Platform& platform) {
  RL_TRY(const auto user, sign_in_of(platform, "demo@redline.local", false));
  RL_TRY(const auto operator_user, sign_in_of(platform, "operator@redline.local", true));
  return Demo{.user = {user.email, user.password},
              .operator_user = {operator_user.email, operator_user.password},
              .account = user.account};
}

base::Task<void> import_samples(Platform& platform, base::AccountId account) {
  auto& workspace = platform.workspace();
  auto& log = *platform.store().log;
  const auto known = co_await workspace.list_datasets(account);
  if (known && !known->empty()) co_return;
  base::SeededRandom random(kSeed);
  MemoryBody body(sample_prices_csv(random));
  const workspace::ImportRequest request{.dataset = std::string(kDataset),
                                         .filename = "sample-daily.csv",
                                         .options = R"({"policy":"replace"})",
                                         .content_length = {}};
  const auto job = co_await workspace.import({.account = account, .plan = 0}, request, body);
  if (!job)
    log.error("sample_import_failed",
              {{"reason", job.error().reason}, {"detail", job.error().detail}});
}

}  // namespace app
