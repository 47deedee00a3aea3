#include "features/billing/stripe_event.hpp"

#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include "base/json.hpp"

namespace billing {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxIdBytes = 255;
constexpr std::int64_t kMaxSeconds = 4'102'444'800;  // the year 2100: microseconds always fit

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* text = value != nullptr ? value->if_string() : nullptr;
  return text != nullptr ? std::string(text->data(), text->size()) : std::string{};
}

const json::object* object_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr ? value->if_object() : nullptr;
}

std::optional<std::int64_t> integer_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* number = value != nullptr ? value->if_int64() : nullptr;
  return number != nullptr ? std::optional{*number} : std::nullopt;
}

bool flag_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* flag = value != nullptr ? value->if_bool() : nullptr;
  return flag != nullptr && *flag;
}

// A field that holds an id, or the expanded object with that id.
std::string id_of(const json::object& object, std::string_view name) {
  const auto* expanded = object_of(object, name);
  return expanded != nullptr ? text_of(*expanded, "id") : text_of(object, name);
}

std::optional<SessionSnapshot> session_of(const json::object& event) {
  const auto* data = object_of(event, "data");
  const auto* session = data != nullptr ? object_of(*data, "object") : nullptr;
  if (session == nullptr || text_of(*session, "object") != "checkout.session") return std::nullopt;
  const auto* metadata = object_of(*session, "metadata");
  return SessionSnapshot{
      .id = text_of(*session, "id"),
      .mode = text_of(*session, "mode"),
      .payment_status = text_of(*session, "payment_status"),
      .currency = text_of(*session, "currency"),
      .amount_subtotal = integer_of(*session, "amount_subtotal"),
      .order = metadata != nullptr ? text_of(*metadata, "redline_order_id") : std::string{},
      .account = text_of(*session, "client_reference_id"),
      .payment_intent = id_of(*session, "payment_intent")};
}

}  // namespace

base::Result<StripeEvent> parse_event(std::string_view body) {
  RL_TRY(const auto object, base::parse_json_object(body));
  StripeEvent event;
  event.id = text_of(object, "id");
  event.type = text_of(object, "type");
  if (event.id.empty() || event.id.size() > kMaxIdBytes || event.type.empty() ||
      event.type.size() > kMaxIdBytes)
    return base::fail(base::ErrorCode::malformed, "malformed", "This is not an event.");
  const auto seconds = integer_of(object, "created").value_or(0);
  if (seconds > 0 && seconds < kMaxSeconds)
    event.created = base::Instant{std::chrono::seconds{seconds}};
  event.live = flag_of(object, "livemode");
  event.session = session_of(object);
  return event;
}

}  // namespace billing
