#!/usr/bin/env bash
# Plants the defects of tests/sim/defects.txt in a copy of the sources and lets the simulator look for one after the other:
# seeds from 1 on until a checker fires, and all races of the suite. `tests/run sim defects [WORD] [SEEDS]` calls it; WORD is
# in the defects' names. Prints a table; exit 1 if one is not found.
#
# All are in one binary, built once; the environment says which one is at work.
set -u
cd "$(dirname "$0")/../.." || exit 2
root=$PWD
word=${1:-}
seeds=${2:-2000}
tree=$root/target/defects
log=$root/target/test-logs/defects.log
# A defect may make a world that never ends.
LIMIT=300

# The copy has the simulator's tests and no others.
copy() {
    rm -rf "$tree" && mkdir -p "$tree" "$(dirname "$log")" || exit 2
    # Times are kept, so that what did not change is not built anew.
    tar cf - --exclude=./target --exclude=./.git . | tar xf - -C "$tree" || exit 2
    printf '%s\n' '//! The simulator alone.' '#![allow(clippy::disallowed_methods, clippy::panic, reason = "tests")]' \
        'mod exchange;' 'mod sim;' >"$tree/tests/main.rs"
    printf '%s\n' 'pub mod explored;' 'mod plan;' >"$tree/tests/exchange.rs"
    printf '%s\n' 'mod races;' >"$tree/tests/sim.rs"
    rm "$tree/src/main.rs"
    awk '/^\[\[bin\]\]/ { skip = 1; next } /^\[/ { skip = 0 } !skip && !/^default-run/' Cargo.toml >"$tree/Cargo.toml"
    cat >>"$tree/src/lib.rs" <<'END'

/// Whether the defect with this number is at work.
pub fn planted(number: u32) -> bool {
    static AT_WORK: std::sync::LazyLock<Option<u32>> =
        std::sync::LazyLock::new(|| std::env::var("STROWGER_DEFECT").ok()?.parse().ok());
    *AT_WORK == Some(number)
}
END
}

# plant NUMBER FILE BEFORE INSTEAD
plant() {
    local text
    text=$(<"$tree/$2")
    case "$text" in
    *"$3"*) printf '%s\n' "${text/"$3"/"${4//PLANTED/"crate::planted($1)"}"}" >"$tree/$2" ;;
    *)
        echo "tests/sim/defects.sh: lines of defect $1 are not in $2" >&2
        exit 2
        ;;
    esac
}

# Dependencies are those of the usual build.
build() {
    (cd "$tree" && CARGO_TARGET_DIR="$root/target" cargo test --locked --test main --no-run) </dev/null 2>&1 | tee "$log" >&2
    binary=$(sed -n 's/^ *Executable .*(\(.*\))$/\1/p' "$log")
    [ -n "$binary" ] || exit 2
}

# What the explorer says of a defect, then what the races say.
look() {
    local status found
    export STROWGER_DEFECT=$1
    STROWGER_SIM_BRIEF=1 STROWGER_SIM_N=$seeds STROWGER_SIM_SEED=1 timeout "$LIMIT" "$binary" --exact \
        exchange::explored::no_order_of_events_breaks_a_promise </dev/null >"$log" 2>&1
    status=$?
    found=$(sed -n 's/^\(seed [0-9]*: [a-z ]*\): .*/\1/p' "$log" | head -n 1)
    [ "$status" = 124 ] && found="a world without end"
    [ -z "$found" ] && [ "$status" != 0 ] && found="a fault"
    printf '%s|' "$found"
    timeout "$LIMIT" "$binary" sim::races </dev/null >"$log" 2>&1
    [ $? = 124 ] && printf 'a race without end '
    sed -n 's/^test sim::races::\(.*\) \.\.\. FAILED$/\1/p' "$log" | sort | paste -sd ' ' -
}

names=()
what=
take() {
    [ -n "$what" ] || return
    names+=("$what")
    plant "${#names[@]}" "$file" "$before" "$instead"
    what=
}

copy
while IFS= read -r line || [ -n "$line" ]; do
    case "$line" in
    '#'*) ;;
    '') take ;;
    '  '*) file=${line#  } ;;
    '- '*) before="${before:+$before$'\n'}${line#- }" ;;
    '+ '*) instead="${instead:+$instead$'\n'}${line#+ }" ;;
    *) what=$line before='' instead='' ;;
    esac
done <tests/sim/defects.txt
take
build
total=0
missed=0
# Without any, nothing is found.
[ "$(look 0)" = "|" ] || { echo "tests/sim/defects.sh: the simulator finds something without a defect" >&2; exit 2; }
printf '%-60s | %-22s | %s\n' "defect" "explorer" "races"
for at in "${!names[@]}"; do
    case "${names[$at]}" in *"$word"*) ;; *) continue ;; esac
    total=$((total + 1))
    found=$(look $((at + 1)))
    explorer=${found%%|*}
    read -r -a races <<<"${found#*|}"
    more=$((${#races[@]} - 1))
    races=${races[0]:--}
    [ "$more" -gt 0 ] && races="$races and $more more"
    if [ "$found" = "|" ]; then
        missed=$((missed + 1))
        explorer="NOT FOUND"
    fi
    printf '%-60s | %-22s | %s\n' "${names[$at]}" "${explorer:--}" "$races"
done
printf '\n%d defects, %d not found in %d seeds and the races\n' "$total" "$missed" "$seeds"
[ "$missed" = 0 ] && [ "$total" -gt 0 ]
