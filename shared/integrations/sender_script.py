"""The shell script beside a tool that can only start programs: its environment as JSON, posted to Tocsin.

It needs nothing but a POSIX shell, awk and curl. What the tool says may hold any bytes: they are quoted as JSON,
and what is no UTF-8 becomes "?", so that no output of a check can make a notification unreadable. The same
notification has the same Idempotency-Key in every attempt.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import fill

AWK = r"""
function quoted(text,    i, n, c, w, out) {
    out = ""
    text = substr(text, 1, 16000)
    n = length(text)
    for (i = 1; i <= n; i += w) {
        c = substr(text, i, 1)
        w = width(text, i, code[c])
        if (w > 0) out = out ((c in plain) ? plain[c] : substr(text, i, w))
        else { out = out "?"; w = 1 }
    }
    return "\"" out "\""
}
# How many bytes the character at i has, 0 when they are no UTF-8.
function width(text, i, first,    w, k, next_one) {
    if (first < 128) return 1
    w = first < 194 ? 0 : first < 224 ? 2 : first < 240 ? 3 : first < 245 ? 4 : 0
    for (k = 1; k < w; k++) {
        next_one = code[substr(text, i + k, 1)]
        if (next_one < 128 || next_one > 191) return 0
        if (k == 1 && (first == 224 && next_one < 160 || first == 237 && next_one > 159)) return 0
        if (k == 1 && (first == 240 && next_one < 144 || first == 244 && next_one > 143)) return 0
    }
    return w
}
BEGIN {
    for (i = 1; i < 256; i++) {
        c = sprintf("%c", i)
        code[c] = i
        if (i < 32 || i == 127) plain[c] = sprintf("\\u%04x", i)
    }
    plain["\\"] = "\\\\"
    plain["\""] = "\\\""
    count = split(names, name, " ")
    for (i = 1; i <= count; i++) {
        value = ENVIRON[prefix name[i]]
        if (value != "") body = body (body == "" ? "" : ",") quoted(name[i]) ":" quoted(value)
    }
    printf "{%s}", body
}
"""

SCRIPT = r"""#!/bin/sh
# Tells Tocsin of a notification of @TITLE@. Needs awk and curl.
#
# usage: @FILE@ [-c FILE] [NAME=VALUE ...]
#
# FILE (@CONF@ unless given) is a curl configuration
# that only the monitoring user can read. It has one line:
#     url = "<the integration's URL>"
# so that the URL, which is a secret, never stands in the list of processes. Options such as proxy or cacert
# may follow. @PREFIX@* in the environment is what the tool says; NAME=VALUE adds to it.
#
# Ends with 0 when the notification was taken, 1 when another try may help, 2 when it was refused.
set -u
LC_ALL=C
export LC_ALL
PATH=${PATH:-/usr/bin}:/usr/local/bin:/usr/bin:/bin

prefix=@PREFIX@
names='@NAMES@'
conf=@CONF@
# The tool waits this long for its command at most, an attempt at most attempt_s.
patience_s=@PATIENCE@
attempt_s=8
url=

fail() {
    printf '%s: %s\n' "$0" "$2" >&2
    exit "$1"
}

if [ "${1-}" = -c ]; then
    [ $# -ge 2 ] || fail 2 '-c needs a file'
    conf=$2
    shift 2
fi
for pair in "$@"; do
    case ${pair%%=*} in
    "$pair" | '' | [!A-Z]* | *[!A-Z0-9_]*) fail 2 "not NAME=VALUE: $pair" ;;
    esac
    export "$prefix$pair"
done
@OWN@
[ -n "$url" ] || [ -r "$conf" ] || fail 2 "cannot read $conf"

settings() {
    if [ -n "$url" ]; then printf 'url = "%s"\n' "$url"; else cat "$conf"; fi
}

body=$(mktemp) || fail 1 'cannot make a temporary file'
trap 'rm -f "$body"' EXIT
trap 'exit 1' HUP INT TERM
awk -v prefix="$prefix" -v names="$names" '@AWK@' >"$body" || fail 1 'awk failed'
sum=$({ sha256sum 2>/dev/null || cksum; } <"$body" | tr -cd '0-9a-f')
[ -n "$sum" ] || fail 1 'neither sha256sum nor cksum is here'

post() {
    settings | curl -q --config - --silent --show-error --max-time "$attempt_s" \
        --header 'Content-Type: application/json' --header "Idempotency-Key: @SLUG@-$sum" \
        --data-binary "@$body" --output /dev/null --write-out '%{http_code}'
}

began=$(date +%s)
wait_s=1
while :; do
    status=$(post) || status=000
    case $status in
    2??) exit 0 ;;
    000 | 408 | 429 | 5??) ;;
    *) fail 2 "refused with status $status" ;;
    esac
    [ $(($(date +%s) - began + wait_s + attempt_s)) -le "$patience_s" ] || fail 1 "not taken, status $status"
    sleep "$wait_s"
    wait_s=$((wait_s * 2))
done
"""


@dataclass(frozen=True, kw_only=True)
class SenderScript:
    """One tool's script.

    `names` are what is sent, parted by spaces, in the environment with `prefix` before them. `patience_s` is
    how long all attempts together may take, below what the tool waits for its commands. `own` is shell of the
    tool's own.
    """

    slug: str
    title: str
    prefix: str
    names: str
    patience_s: int
    conf: str = ""
    own: str = ""

    @property
    def file(self) -> str:
        """The script's name."""
        return f"tocsin-{self.slug}.sh"

    @property
    def path(self) -> str:
        """Where it lies in the repository."""
        return f"deploy/senders/{self.slug}/{self.file}"

    @property
    def text(self) -> str:
        """The script itself."""
        marks = {
            "TITLE": self.title,
            "FILE": self.file,
            "PREFIX": self.prefix,
            "NAMES": fill(self.names, 96),
            "CONF": self.conf or f"/etc/tocsin/{self.slug}.conf",
            "PATIENCE": str(self.patience_s),
            "OWN": self.own,
            "SLUG": self.slug,
            "AWK": AWK,
        }
        text = SCRIPT
        for mark, value in marks.items():
            text = text.replace(f"@{mark}@", value)
        return text

    @property
    def quoted(self) -> str:
        """The script as the set-up notes show it, with how to install it."""
        return (
            f"Save this as `/usr/local/bin/{self.file}`, make it executable (`chmod 755`), and write the "
            f"integration's URL into the file named in its head (`url = \"<the integration's URL>\"`, readable by "
            f"the monitoring user alone). It is `{self.path}` in Tocsin's source.\n\n"
            f"```sh\n{self.text}```\n"
        )
