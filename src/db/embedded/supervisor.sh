# Runs PostgreSQL for motcua and never outlives it.
#
#   sh -c <this> NAME SIGNAL RUBBISH postgres ARGUMENT…
#
# Standard input is a pipe whose other end only motcua holds. When motcua ends
# in any way, also by `kill -9`, the pipe closes and PostgreSQL gets SIGNAL:
# INT (fast shutdown) for kept data, QUIT (immediate) for data thrown away.
# RUBBISH is a directory to remove afterwards, or empty. Signals meant for
# motcua's terminal or session are ignored here: only the pipe decides.
trap '' TERM INT HUP
signal=$1 rubbish=$2
shift 2
exec 3<&0
"$@" </dev/null 3<&- &
postgres=$!
{ read -r _ <&3; kill -s "$signal" "$postgres"; } >/dev/null 2>&1 &
watch=$!
exec 3<&-
wait "$postgres"
code=$?
kill -9 "$watch" 2>/dev/null
[ -z "$rubbish" ] || rm -rf -- "$rubbish"
exit "$code"
