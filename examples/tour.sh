#!/usr/bin/env bash
# Three terminals in one script, without an account: an emulated Relyable, a listener in front of an app,
# and the delivery log. The app fails twice, then the retry succeeds. All three show this with the same
# ids. The script has its own store, secret and ports, so it does not use yours.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
export RELYABLE_STORE="$work/captures.db" RELYABLE_WEBHOOK_SECRET=whsec_tour RELYABLE_API_KEY=tour-key
unset RELYABLE_API_URL RELYABLE_CONFIG RELYABLE_PROFILE
children=()
end() {
  for child in "${children[@]}"; do kill -INT "$child" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap end EXIT

relyable() { exec node "$root/bin/relyable.js" webhooks "$@"; }
# Waits until a file has a line that matches a pattern, and prints the first such line.
line_of() {
  for _ in $(seq 300); do
    if grep -m1 -e "$2" "$1" 2>/dev/null; then return; fi
    sleep 0.1
  done
  echo "no line with \"$2\" within 30 s; the output was:" >&2
  cat "$work"/*.out "$work"/*.err >&2
  exit 1
}

# The app answers 500 twice, then 200.
node -e '
  let count = 0;
  const server = require("node:http").createServer((request, response) => {
    request.resume().on("end", () => {
      count += 1;
      response.writeHead(count < 3 ? 500 : 200).end(count < 3 ? `not yet (${count})` : "OK");
    });
  });
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
' >"$work/app.out" 2>"$work/app.err" &
children+=($!)
app=$(line_of "$work/app.out" .)

# Terminal 1: the listener in front of your app.
(relyable listen --forward-to "$app" --port 0 --ready-file "$work/listen.url") \
  >"$work/listen.out" 2>"$work/listen.err" &
children+=($!)
listener=$(line_of "$work/listen.url" http)

# Terminal 2: Relyable. One minute of the retry schedule takes half a second.
(relyable emulate --endpoint "$listener" --port 0 --speed 120x --ready-file "$work/emulate.url") \
  >"$work/emulate.out" 2>"$work/emulate.err" &
children+=($!)
api=$(line_of "$work/emulate.url" http)

# Terminal 3: the delivery log.
(relyable logs tail --api-url "$api" --interval 200ms) >"$work/tail.out" 2>"$work/tail.err" &
children+=($!)

# Send Test Event.
auth="Authorization: Bearer $RELYABLE_API_KEY"
endpoint=$(curl -fsS -H "$auth" "$api/webhooks" | grep -o '"id":"[^"]*' | cut -d'"' -f4)
curl -fsS -o /dev/null -X POST -H "$auth" "$api/webhooks/$endpoint/test"

delivered=$(line_of "$work/tail.out" '✓ 200')
line_of "$work/emulate.out" '✓ 200' >/dev/null

for name in emulate listen tail; do
  printf '\n== %s ==\n' "$name"
  cat "$work/$name.out"
done

# The emulator and the log show the same delivery id; the listener and the log show the same capture ids.
delivery=$(grep -o 'dlv_[a-z0-9]*' <<<"$delivered")
[ "$(grep -c "$delivery" "$work/emulate.out")" = 3 ]
[ "$(grep -c "$delivery" "$work/tail.out")" = 3 ]
[ "$(grep -o 'cap_[a-z0-9]*' "$work/tail.out")" = "$(grep 'signature' "$work/listen.out" | grep -o 'cap_[a-z0-9]*')" ]
printf '\nAll three agree: %s failed twice, was retried, and was delivered.\n' "$delivery"
