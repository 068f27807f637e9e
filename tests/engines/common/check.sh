# Read by the checks of each language.

# part NAME COMMAND...: runs a part of a check, and says how long it took or that it failed.
part() {
    local name=$1 began=$SECONDS
    shift
    "$@" || { echo "FAILED: $name"; return 1; }
    echo "-- $name: $((SECONDS - began)) s"
}
