#!/bin/sh
# Tells Tocsin of a notification of Icinga 2. Needs awk and curl.
#
# usage: tocsin-icinga2.sh [-c FILE] [NAME=VALUE ...]
#
# FILE (/etc/tocsin/icinga2.conf unless given) is a curl configuration
# that only the monitoring user can read. It has one line:
#     url = "<the integration's URL>"
# so that the URL, which is a secret, never stands in the list of processes. Options such as proxy or cacert
# may follow. ICINGA_* in the environment is what the tool says; NAME=VALUE adds to it.
#
# Ends with 0 when the notification was taken, 1 when another try may help, 2 when it was refused.
set -u
LC_ALL=C
export LC_ALL
PATH=${PATH:-/usr/bin}:/usr/local/bin:/usr/bin:/bin

prefix=ICINGA_
names='NOTIFICATIONTYPE NOTIFICATIONAUTHOR NOTIFICATIONCOMMENT TIMET HOSTNAME HOSTDISPLAYNAME
HOSTADDRESS HOSTSTATE LASTHOSTSTATE LASTHOSTSTATECHANGE HOSTOUTPUT HOSTNOTESURL SERVICENAME
SERVICEDISPLAYNAME SERVICESTATE LASTSERVICESTATE LASTSERVICESTATECHANGE SERVICEOUTPUT
SERVICENOTESURL ICINGAWEB2URL'
conf=/etc/tocsin/icinga2.conf
# The tool waits this long for its command at most, an attempt at most attempt_s.
patience_s=50
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

[ -n "$url" ] || [ -r "$conf" ] || fail 2 "cannot read $conf"

settings() {
    if [ -n "$url" ]; then printf 'url = "%s"\n' "$url"; else cat "$conf"; fi
}

body=$(mktemp) || fail 1 'cannot make a temporary file'
trap 'rm -f "$body"' EXIT
trap 'exit 1' HUP INT TERM
awk -v prefix="$prefix" -v names="$names" '
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
' >"$body" || fail 1 'awk failed'
sum=$({ sha256sum 2>/dev/null || cksum; } <"$body" | tr -cd '0-9a-f')
[ -n "$sum" ] || fail 1 'neither sha256sum nor cksum is here'

post() {
    settings | curl -q --config - --silent --show-error --max-time "$attempt_s" \
        --header 'Content-Type: application/json' --header "Idempotency-Key: icinga2-$sum" \
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
