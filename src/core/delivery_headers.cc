#include "core/delivery_headers.h"

#include <algorithm>
#include <chrono>

#include "base/text.h"

namespace esclusa::core {
namespace {

/// The version of the headers. When a header changes, old rows still need the former ones.
constexpr char version = '1';

constexpr std::string_view superseded_by = "X-Esclusa-Superseded-By";
constexpr std::string_view kind_name = "X-Esclusa-Kind", origin_name = "X-Esclusa-Origin";

constexpr std::pair<DeploymentKind, char> kind_letters[] = {{DeploymentKind::redeploy, 'd'},
                                                            {DeploymentKind::rollback, 'r'},
                                                            {DeploymentKind::promotion, 'p'}};

char letter_of(DeploymentKind kind) {
  return std::ranges::find(kind_letters, kind, &std::pair<DeploymentKind, char>::first)->second;
}

/// Of `r7`; nothing for a text of another form.
std::optional<Repeats> parse_repeats(std::string_view text) {
  const auto kind =
      std::ranges::find(kind_letters, text.front(), &std::pair<DeploymentKind, char>::second);
  const auto origin = parse_positive(text.substr(1));
  if (kind == std::end(kind_letters) || !origin) return std::nullopt;
  return Repeats{kind->first, {*origin}};
}

std::string digits_after(std::string_view text, std::string_view mark) {
  const size_t at = text.find(mark);
  if (at == text.npos) return "";
  const std::string_view rest = text.substr(at + mark.size());
  return std::string(rest.substr(0, rest.find_first_not_of("0123456789")));
}

}  // namespace

std::string AttemptForm::text() const {
  std::string text{version, is_form ? 'f' : 'j'};
  if (is_signed) text += 's';
  if (superseded_by) text += std::to_string(superseded_by->value);
  if (repeats) text += letter_of(repeats->kind) + std::to_string(repeats->origin.value);
  return text;
}

std::optional<AttemptForm> AttemptForm::parse(std::string_view text) {
  if (text.size() < 2 || text[0] != version || (text[1] != 'j' && text[1] != 'f')) {
    return std::nullopt;
  }
  AttemptForm form{.is_form = text[1] == 'f'};
  text.remove_prefix(2);
  form.is_signed = text.starts_with('s');
  if (form.is_signed) text.remove_prefix(1);
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits > 0) {
    const auto id = parse_positive(text.substr(0, digits));
    if (!id) return std::nullopt;
    form.superseded_by = DeploymentId{*id};
    text.remove_prefix(digits);
  }
  if (text.empty()) return form;
  form.repeats = parse_repeats(text);
  if (!form.repeats) return std::nullopt;
  return form;
}

HeaderList delivery_headers(const AttemptFacts& facts, const AttemptForm& form) {
  constexpr const char* target_types[] = {"repository", "organization", "integration"};
  HeaderList headers = {
      {"Accept", "*/*"},
      {"Content-Type", form.is_form ? "application/x-www-form-urlencoded" : "application/json"},
      // Receivers recognise GitHub's deliveries by this prefix.
      {"User-Agent", "GitHub-Hookshot/e5c105a"},
      {"X-GitHub-Delivery", std::string(facts.guid)},
      {"X-GitHub-Event", std::string(facts.kind)},
      {"X-GitHub-Hook-ID", std::to_string(facts.hook.value)},
      {"X-GitHub-Hook-Installation-Target-ID",
       std::visit([](auto id) { return std::to_string(id.value); }, facts.target)},
      {"X-GitHub-Hook-Installation-Target-Type", target_types[facts.target.index()]}};
  if (facts.event_no > 0) {
    headers.emplace_back("X-Esclusa-Event-Number", std::to_string(facts.event_no));
  }
  if (form.repeats) {
    headers.emplace_back(kind_name, std::string(to_name(form.repeats->kind)));
    headers.emplace_back(origin_name, std::to_string(form.repeats->origin.value));
  }
  if (form.superseded_by) {
    headers.emplace_back(superseded_by, std::to_string(form.superseded_by->value));
  }
  return headers;
}

HeaderList webhook_headers(const AttemptFacts& facts) {
  const auto seconds =
      std::chrono::floor<std::chrono::seconds>(facts.at).time_since_epoch().count();
  return {{"webhook-id", std::string(facts.guid)}, {"webhook-timestamp", std::to_string(seconds)}};
}

std::string shown_request_headers(const AttemptFacts& facts, const AttemptForm& form) {
  HeaderList headers = delivery_headers(facts, form);
  if (form.is_signed) {
    for (auto& header : webhook_headers(facts)) headers.push_back(std::move(header));
  }
  std::string json = "{";
  for (const auto& [name, value] : headers) {
    if (json.size() > 1) json += ',';
    append_json_string(json, name);
    json += ':';
    append_json_string(json, value);
  }
  return json + "}";
}

std::optional<AttemptForm> form_of(const AttemptFacts& facts, std::string_view shown) {
  AttemptForm form{.is_form = shown.contains(R"("application/x-www-form-urlencoded")"),
                   .is_signed = shown.contains(R"("webhook-id":)")};
  if (const auto id =
          parse_positive(digits_after(shown, '"' + std::string(superseded_by) + R"(":")"))) {
    form.superseded_by = DeploymentId{*id};
  }
  if (const auto origin =
          parse_positive(digits_after(shown, '"' + std::string(origin_name) + R"(":")"))) {
    for (const auto& [kind, letter] : kind_letters) {
      const std::string shown_kind = R"(":")" + std::string(to_name(kind)) + '"';
      if (shown.contains('"' + std::string(kind_name) + shown_kind)) {
        form.repeats = Repeats{kind, {*origin}};
      }
    }
  }
  if (shown_request_headers(facts, form) != shown) return std::nullopt;
  return form;
}

}  // namespace esclusa::core
