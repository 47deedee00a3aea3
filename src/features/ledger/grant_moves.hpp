// What can happen to a grant besides being used. Each runs inside the caller's
// transaction and is idempotent by its key.
#pragma once

#include "base/random.hpp"
#include "features/ledger/grant.hpp"
#include "features/ledger/operator_order.hpp"
#include "features/ledger/poster.hpp"
#include "features/ledger/stored_grant.hpp"

namespace ledger {

// Not empty, without control characters.
[[nodiscard]] bool is_good_reason(std::string_view reason);
struct Issued {
  StoredGrant grant;  // as it stands now
  bool already_known = false;
};
[[nodiscard]] base::Result<Issued> issue_grant(Poster& poster, base::Random& random,
                                               const NewGrant& wanted);
// In all of these `amount` 0 (or more than there is) means all there is to
// move; what has nothing to move, or a key that was used before, posts nothing.
void revoke_grant(Poster& poster, const StoredGrant& grant, base::Millis amount,
                  const OperatorOrder& order);
// Undoes revocations: what was taken back is available again, and pays a debt
// it had left first.
void restore_grant(Poster& poster, const StoredGrant& grant, base::Millis amount,
                   const OperatorOrder& order);
void hold_grant(Poster& poster, const StoredGrant& grant, base::Millis amount,
                const OperatorOrder& order);
void release_grant(Poster& poster, const StoredGrant& grant, base::Millis amount,
                   const OperatorOrder& order);
[[nodiscard]] base::Result<void> adjust_grant(Poster& poster, const StoredGrant& grant,
                                              base::Millis amount, const OperatorOrder& order);
// What a grant of included hours had left at its expiry, at most `cap`, goes on
// in a new grant that expires at `until`. Nothing when nothing was left or it
// was rolled over before. `conflict` before its expiry. The key of `order` is not used.
[[nodiscard]] base::Result<std::optional<IssuedGrant>> roll_over_grant(
    Poster& poster, base::Random& random, const StoredGrant& grant, base::Millis cap,
    std::optional<base::Instant> until, const OperatorOrder& order);
// Use from before its expiry came in after `grant` was rolled over: what it
// burned did not roll over.
void trim_rollover(Poster& poster, const StoredGrant& grant);
void expire_grant(Poster& poster, const StoredGrant& grant);

}  // namespace ledger
