#include "web/home.h"

#include <string_view>

namespace esclusa::web {
namespace {

std::string escape_html(const std::string& text) {
  std::string escaped;
  for (char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

void fill_in(std::string& text, std::string_view placeholder, const std::string& value) {
  for (size_t at = text.find(placeholder); at != text.npos; at = text.find(placeholder, at)) {
    text.replace(at, placeholder.size(), value);
    at += value.size();
  }
}

constexpr std::string_view page = R"html(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Esclusa</title>
<style>
body { font: 1.05rem/1.6 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto;
  padding: 0 1rem; color: #1d2733; background: #fff; }
h1 { margin-bottom: 0; } p.sub { margin-top: 0; color: #51606f; }
pre { background: #f2f5f8; padding: .8rem 1rem; overflow-x: auto; border-radius: 6px; }
@media (prefers-color-scheme: dark) { body { color: #dfe7ee; background: #14191f; }
  pre { background: #1f262e; } p.sub { color: #9aa9b7; } }
</style>
<h1>Esclusa</h1>
<p class="sub">The deployments server, version {version}</p>
<p>This server speaks GitHub&rsquo;s Deployments API. Tooling creates a deployment of a ref; the
server records it and sends a signed <code>deployment</code> event; whoever listens deploys, and
reports back with deployment statuses.</p>
<h2>What to do next</h2>
<p>On the machine of the server, register a git repository and make a token:</p>
<pre>esclusa repo add acme/shop /srv/git/shop.git
esclusa token create admin --scopes repo_deployment</pre>
<p>Then, from anywhere:</p>
<pre>curl -H "Authorization: Bearer $TOKEN" \
  -d '{"ref":"main","environment":"staging"}' \
  {url}/repos/acme/shop/deployments</pre>
<p>Any GitHub client works: give it <code>{url}</code> (or <code>{url}/api/v3</code>) as its API
address.</p>
</html>
)html";

}  // namespace

http::Response home_page(const std::string& url, const std::string& version) {
  std::string html(page);
  fill_in(html, "{url}", escape_html(url));
  fill_in(html, "{version}", escape_html(version));
  return {200,
          {{"Content-Type", "text/html; charset=utf-8"},
           {"Content-Security-Policy",
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'"},
           {"X-Content-Type-Options", "nosniff"},
           {"Referrer-Policy", "no-referrer"}},
          std::move(html)};
}

}  // namespace esclusa::web
