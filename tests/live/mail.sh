# What the tests of mail share; source it after lib.sh. POSIX sh.
# shellcheck shell=sh
mkdir -p "${database%/*}"

# policy LINE... : of the section mail.
policy() {
    printf 'mail:\n' >"$work/policy.yaml"
    for line in "$@"; do printf '  %s\n' "$line" >>"$work/policy.yaml"; done
}

# post COUNT ADDRESS... : mails to them into the outbox.
post() {
    "$programs/post" "$database" "$@"
}

courier() {
    "$programs/mom-courier" -c "$work/policy.yaml" --state-dir "$state_dir" --run-dir "$run_dir" 2>>"$work/courier.log"
}

# newest ADDRESS : number, state, tries and last error of the newest mail to it.
newest() {
    momctl mail list -o csv --no-headers | awk -F, -v to="$1" '$5 == to {print $1, $6, $7, $9; exit}'
}
newest_is() { # ADDRESS PATTERN
    newest "$1" | grep -E "^[0-9]+ $2" || { newest "$1"; return 1; }
}
drop_all() {
    for number in $(momctl mail queue -o csv --no-headers | cut -d, -f1 | sort -u); do
        momctl mail drop "$number" >/dev/null
    done
}

# parses FILE [EXPRESSION] : Python's parser finds no defect, and the expression about `mail` is true.
parses() {
    /usr/bin/python3 -c '
import email, email.policy, sys
mail = email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.default)
assert not mail.defects, mail.defects
for name, value in mail.items():
    assert not value.defects, (name, value.defects)
assert eval("(" + sys.argv[2] + ")"), mail.as_string()
' "$1" "${2:-True}"
}
